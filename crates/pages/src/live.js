"use strict";
// Makes pages live and quick to the hand. Every page works without it.
(() => {
  const live = document.body.dataset.live;
  const lost = document.getElementById("lost");

  const isTyping = () => document.activeElement?.matches("input, textarea, select") ?? false;

  // What is shown anew is fetched from the page's own address, and put in place piece by piece:
  // an element with `data-live` and an id is replaced when its HTML has become another.
  // `part` says whose doing it is: a page that is shown anew by itself is no visit.
  const readPage = async (address, part) => {
    const reply = await fetch(address, {
      headers: { "Sporran-Part": part }, credentials: "same-origin", cache: "no-store",
    });
    // Sent elsewhere: the session has ended, and the page itself has to say so.
    if (reply.redirected && !isTyping()) location.reload();
    if (!reply.ok || reply.redirected) throw new Error(String(reply.status));
    return new DOMParser().parseFromString(await reply.text(), "text/html");
  };

  // Which of an element's <details> are open, by their place.
  const opened = (element) => [...element.querySelectorAll("details")].map((it) => it.open);

  const glow = (was, is) => {
    const before = [...was.querySelectorAll(".money, .badge, [data-glow]")];
    const after = [...is.querySelectorAll(".money, .badge, [data-glow]")];
    after.forEach((it, place) => {
      if (before[place]?.outerHTML === it.outerHTML) return;
      it.classList.add("changed");
      setTimeout(() => it.classList.remove("changed"), 1300);
    });
  };

  // As the server wrote it, so that what a reader opened does not look like a change.
  const written = new Map();
  const remember = (root) => {
    for (const it of root.querySelectorAll("[data-live][id]")) written.set(it.id, it.outerHTML);
  };
  remember(document);

  const replace = (fresh) => {
    const is = document.getElementById(fresh.id);
    if (!is || written.get(fresh.id) === fresh.outerHTML) return;
    // Somebody is typing here: it waits for the next change.
    const focused = document.activeElement;
    if (is.contains(focused) && isTyping()) return;
    const text = fresh.outerHTML;
    const next = document.importNode(fresh, true);
    const focus = is.contains(focused) ? focused.id || focused.getAttribute("href") : null;
    opened(is).forEach((isOpen, place) => {
      const details = next.querySelectorAll("details")[place];
      if (details) details.open = isOpen;
    });
    if (is.tagName === "DETAILS") next.open = is.open;
    const { scrollTop, scrollLeft } = is;
    glow(is, next);
    is.replaceWith(next);
    next.scrollTo(scrollLeft, scrollTop);
    written.set(fresh.id, text);
    if (focus) {
      const name = CSS.escape(focus);
      next.querySelector(`#${name}, [href="${name}"]`)?.focus({ preventScroll: true });
    }
  };

  let fetching = false;
  let again = false;
  const refresh = async () => {
    // Nobody looks: once is enough when somebody does.
    if (fetching || document.hidden) { again = true; return; }
    fetching = true;
    try {
      const page = await readPage(location.href, "live");
      // Containers come before what is inside them, and bring it along.
      const done = new Set();
      for (const it of page.querySelectorAll("[data-live][id]")) {
        const outer = it.parentElement?.closest("[data-live][id]");
        if (outer && done.has(outer.id)) continue;
        done.add(it.id);
        replace(it);
      }
    } catch {
      // The stream notices by itself when the server is gone, and says so.
    }
    fetching = false;
    // However much happens, twice a second is enough to look at.
    if (again) { again = false; setTimeout(refresh, 500); }
  };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && again) { again = false; refresh(); }
  });

  const clock = () => {
    const now = new Date();
    const two = (number) => String(number).padStart(2, "0");
    return `${two(now.getHours())}:${two(now.getMinutes())}`;
  };

  if (live && "EventSource" in window) {
    const stream = new EventSource(live);
    stream.addEventListener("changed", refresh);
    stream.addEventListener("open", () => {
      // What happened meanwhile was missed.
      if (lost && !lost.hidden) { lost.hidden = true; refresh(); }
    });
    stream.addEventListener("error", () => {
      if (!lost || !lost.hidden) return;
      lost.textContent = lost.dataset.text.replace("{at}", clock());
      lost.hidden = false;
    });
    addEventListener("pagehide", () => stream.close());
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  }

  // Find as one types: the results part of the search page, in place of the one shown here.
  const field = document.querySelector("[data-find]");
  let waiting;
  let turn = 0;
  const find = async () => {
    const list = document.getElementById(field.dataset.find);
    if (!list) return;
    const mine = ++turn;
    const address = new URL(field.form.action);
    address.searchParams.set(field.name, field.value);
    try {
      const page = await readPage(address, "find");
      const found = page.getElementById(field.dataset.find);
      // An answer that was overtaken by a newer question is dropped.
      if (mine !== turn || !found) return;
      document.getElementById(field.dataset.find).replaceWith(document.importNode(found, true));
      history.replaceState(null, "", address);
      const status = document.getElementById("find-status");
      if (status) status.textContent = found.dataset.status;
    } catch {
      // Enter still works.
    }
  };
  field?.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(find, 150);
  });
  // From the search field down into the results, and along them.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const links = [...document.querySelectorAll("#results a[data-result]")];
    const place = links.indexOf(document.activeElement);
    if (!links.length || (place < 0 && document.activeElement !== field)) return;
    event.preventDefault();
    const next = place + (event.key === "ArrowDown" ? 1 : -1);
    (links[next] ?? (next < 0 ? field : links[place])).focus();
  });

  // Keys, where nobody is typing.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select, dialog[open]")) return;
    const keys = document.getElementById("keys");
    if (event.key === "/" && field) {
      event.preventDefault();
      field.focus();
      field.select();
    } else if (event.key === "?" && keys) {
      event.preventDefault();
      keys.showModal();
    } else if (/^[a-z]$/.test(event.key)) {
      const link = document.querySelector(`[data-key="${event.key}"]`);
      if (link) { event.preventDefault(); link.click(); }
    }
  });

  // A menu closes when one goes elsewhere.
  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details.drop[open]")) {
      if (!menu.contains(except)) menu.open = false;
    }
  };
  document.addEventListener("click", (event) => closeMenus(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.activeElement.closest("details.drop[open]")?.querySelector("summary").focus();
    closeMenus(null);
  });

  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    const form = event.target;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    // Nothing came of it, or one has come back: it may be tried again.
    setTimeout(() => delete form.dataset.sent, 8000);
  });
})();
