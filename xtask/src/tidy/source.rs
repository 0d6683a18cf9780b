//! Rust source taken apart: code on one side, comments on the other.
//!
//! **Invariant:** both views have the lines and columns of the original; what belongs to neither
//! (the inside of texts and characters) is blank. So a rule looks at one of them and never has to
//! ask whether it stands in a string.

pub struct Source {
    pub code: String,
    pub comments: String,
}

/// A function with its length, from `fn` to the closing brace.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    /// Counts from 1.
    pub line: usize,
    pub lines: usize,
}

impl Source {
    pub fn new(text: &str) -> Self {
        let mut reader = Reader {
            text: text.chars().collect(),
            at: 0,
            code: String::with_capacity(text.len()),
            comments: String::new(),
        };
        reader.read();
        Self { code: reader.code, comments: reader.comments }
    }

    /// Every identifier or keyword of the code, with its place in bytes.
    pub fn words(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_word = |it: char| it.is_alphanumeric() || it == '_';
        let mut rest = 0;
        std::iter::from_fn(move || {
            let start = rest + self.code.get(rest..)?.find(is_word)?;
            let tail = self.code.get(start..)?;
            let length = tail.find(|it| !is_word(it)).unwrap_or(tail.len());
            rest = start + length;
            Some((start, tail.get(..length)?))
        })
    }

    /// Line of a place in bytes, counted from 1.
    pub fn line_of(&self, place: usize) -> usize {
        1 + self.code.get(..place).unwrap_or_default().matches('\n').count()
    }

    /// Every function that has a body, methods and nested ones too.
    pub fn functions(&self) -> Vec<Function> {
        let words: Vec<(usize, &str)> = self.words().collect();
        let mut functions = Vec::new();
        for pair in words.windows(2) {
            let [(start, "fn"), (name_at, name)] = *pair else { continue };
            // A pointer type, `fn(u8)`, has a bracket where a function has its name.
            let between = self.code.get(start + 2..name_at).unwrap_or("(");
            if !between.trim().is_empty() {
                continue;
            }
            if let Some(end) = self.body_end(name_at) {
                let line = self.line_of(start);
                let lines = self.line_of(end) - line + 1;
                functions.push(Function { name: name.to_owned(), line, lines });
            }
        }
        functions
    }

    /// Where the first braces after `from` close; `None` when a `;` comes before them.
    fn body_end(&self, from: usize) -> Option<usize> {
        let (mut braces, mut brackets) = (0_usize, 0_usize);
        for (place, character) in self.code.get(from..)?.char_indices() {
            match character {
                '(' | '[' => brackets += 1,
                ')' | ']' => brackets = brackets.saturating_sub(1),
                ';' if braces == 0 && brackets == 0 => return None,
                '{' => braces += 1,
                '}' => {
                    braces = braces.checked_sub(1)?;
                    if braces == 0 {
                        return Some(from + place);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

struct Reader {
    text: Vec<char>,
    at: usize,
    code: String,
    comments: String,
}

impl Reader {
    fn read(&mut self) {
        while let Some(character) = self.peek(0) {
            match (character, self.peek(1)) {
                ('/', Some('/')) => self.line_comment(),
                ('/', Some('*')) => self.block_comment(),
                ('"', _) => self.quoted('"'),
                ('r', Some('"' | '#')) if self.starts_raw() => self.raw_text(),
                ('\'', Some('\\')) => self.quoted('\''),
                // One character between quotes; anything else is a lifetime.
                ('\'', Some(_)) if self.peek(2) == Some('\'') => self.quoted('\''),
                _ => self.take_code(),
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.text.get(self.at + ahead).copied()
    }

    fn take_code(&mut self) {
        let Some(character) = self.peek(0) else { return };
        self.code.push(character);
        self.comments.push(blank(character));
        self.at += 1;
    }

    fn take_comment(&mut self) {
        let Some(character) = self.peek(0) else { return };
        self.code.push(blank(character));
        self.comments.push(character);
        self.at += 1;
    }

    fn take_blank(&mut self) {
        let Some(character) = self.peek(0) else { return };
        self.code.push(blank(character));
        self.comments.push(blank(character));
        self.at += 1;
    }

    fn line_comment(&mut self) {
        while self.peek(0).is_some_and(|it| it != '\n') {
            self.take_comment();
        }
    }

    /// Block comments nest.
    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => depth += 1,
                (Some('*'), Some('/')) => depth -= 1,
                (None, _) => return,
                _ => {
                    self.take_comment();
                    continue;
                }
            }
            self.take_comment();
            self.take_comment();
            if depth == 0 {
                return;
            }
        }
    }

    fn quoted(&mut self, quote: char) {
        self.take_code();
        while let Some(character) = self.peek(0) {
            if character == quote {
                self.take_code();
                return;
            }
            if character == '\\' {
                self.take_blank();
            }
            self.take_blank();
        }
    }

    /// Whether the `r` here begins `r"…"` or `r#"…"#`, and is not the end of a name.
    fn starts_raw(&self) -> bool {
        let is_word = |it: &char| it.is_alphanumeric() || *it == '_';
        let before = self.text.get(..self.at).unwrap_or_default();
        let prefix = before.iter().rev().take_while(|it| is_word(it)).collect::<String>();
        let quote = (1..).find(|it| self.peek(*it) != Some('#')).and_then(|it| self.peek(it));
        matches!(prefix.as_str(), "" | "b" | "c") && quote == Some('"')
    }

    fn raw_text(&mut self) {
        self.take_code();
        let mut hashes = 0;
        while self.peek(0) == Some('#') {
            hashes += 1;
            self.take_code();
        }
        self.take_code();
        while let Some(character) = self.peek(0) {
            let closes = character == '"' && (1..=hashes).all(|it| self.peek(it) == Some('#'));
            if closes {
                (0..=hashes).for_each(|_| self.take_code());
                return;
            }
            self.take_blank();
        }
    }
}

/// A blank in place of a character; lines stay lines.
fn blank(character: char) -> char {
    if character == '\n' { '\n' } else { ' ' }
}
