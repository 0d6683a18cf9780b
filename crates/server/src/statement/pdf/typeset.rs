//! Text with a width: faces, shaping and line breaks.

use std::sync::LazyLock;

use krilla::text::{Font, GlyphId, KrillaGlyph};

/// Latin, Greek and Cyrillic; see `fonts/OFL.txt`.
static REGULAR: &[u8] = include_bytes!("../../../fonts/NotoSans-Regular.ttf");
static BOLD: &[u8] = include_bytes!("../../../fonts/NotoSans-Bold.ttf");

static FACES: LazyLock<[Face; 2]> = LazyLock::new(|| [Face::new(REGULAR), Face::new(BOLD)]);

struct Face {
    font: Font,
    shaper: rustybuzz::Face<'static>,
}

impl Face {
    fn new(bytes: &'static [u8]) -> Self {
        Self {
            font: Font::new(bytes.into(), 0).expect("our own font"),
            shaper: rustybuzz::Face::from_slice(bytes, 0).expect("our own font"),
        }
    }
}

/// How a piece of text is set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    pub size: f32,
    pub weight: Weight,
    pub colour: (u8, u8, u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    Regular,
    Bold,
}

impl Style {
    fn face(self) -> &'static Face {
        &FACES[self.weight as usize]
    }

    pub fn font(self) -> Font {
        self.face().font.clone()
    }

    /// The glyphs of a line, each with its advance in parts of the size.
    pub fn shape(self, text: &str) -> Vec<KrillaGlyph> {
        let Face { shaper, .. } = self.face();
        let mut buffer = rustybuzz::UnicodeBuffer::new();
        // The font has no minus; its en dash is as wide as a digit and drawn alike. Both are three
        // bytes, so the document's text still says minus.
        buffer.push_str(&text.replace('\u{2212}', "\u{2013}"));
        buffer.guess_segment_properties();
        let glyphs = rustybuzz::shape(shaper, &[], buffer);
        let scale = shaper.units_per_em() as f32;
        let starts: Vec<usize> = {
            let mut starts: Vec<usize> =
                glyphs.glyph_infos().iter().map(|it| it.cluster as usize).collect();
            starts.sort_unstable();
            starts.dedup();
            starts
        };
        // A glyph stands for the text up to the next cluster, so that the text can be copied.
        let end_of = |start: usize| {
            let next = starts.partition_point(|it| *it <= start);
            starts.get(next).copied().unwrap_or(text.len())
        };
        let placed = glyphs.glyph_infos().iter().zip(glyphs.glyph_positions());
        let glyph = |(info, place): (&rustybuzz::GlyphInfo, &rustybuzz::GlyphPosition)| {
            let start = info.cluster as usize;
            KrillaGlyph::new(
                GlyphId::new(info.glyph_id),
                place.x_advance as f32 / scale,
                place.x_offset as f32 / scale,
                place.y_offset as f32 / scale,
                place.y_advance as f32 / scale,
                start..end_of(start),
                None,
            )
        };
        placed.map(glyph).collect()
    }

    pub fn width(self, text: &str) -> f32 {
        self.shape(text).iter().map(|it| it.x_advance).sum::<f32>() * self.size
    }

    /// Breaks text into lines of at most `width`, between words, and inside one that is wider.
    pub fn wrap(self, text: &str, width: f32) -> Vec<String> {
        let mut lines = vec![String::new()];
        let mut used = 0.0;
        for word in text.split_inclusive([' ', '/', ';', '-']) {
            let (whole, bare) = (self.width(word), self.width(word.trim_end()));
            if used > 0.0 && used + bare > width {
                lines.push(String::new());
                used = 0.0;
            }
            if bare <= width {
                last(&mut lines).push_str(word);
                used += whole;
                continue;
            }
            for character in word.chars() {
                let step = self.width(character.encode_utf8(&mut [0; 4]));
                if used + step > width && used > 0.0 {
                    lines.push(String::new());
                    used = 0.0;
                }
                last(&mut lines).push(character);
                used += step;
            }
        }
        lines.into_iter().map(|it| it.trim_end().to_owned()).collect()
    }
}

fn last(lines: &mut [String]) -> &mut String {
    lines.last_mut().expect("there is a line from the beginning")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: Style = Style { size: 9.0, weight: Weight::Regular, colour: (0, 0, 0) };

    #[test]
    fn every_letter_of_our_languages_is_in_the_fonts() {
        let text = "aZ áéíóúñ¿¡ çœæëÿ’«» АЯая ёЁ Өөғқ Ωωάέ ŁłŐőĐđ ƏəẠạ 0123456789 \
                    − – · € ₽ № … \u{A0}\u{202F}";
        for weight in [Weight::Regular, Weight::Bold] {
            for glyph in (Style { weight, ..BODY }).shape(text) {
                let shown = &text[glyph.text_range.clone()];
                assert_ne!(glyph.glyph_id.to_u32(), 0, "{shown:?} in {weight:?}");
            }
        }
    }

    /// A name that cannot be drawn is at least seen to be there.
    #[test]
    fn what_is_in_no_font_is_a_box_and_not_a_blank() {
        for bytes in [REGULAR, BOLD] {
            let face = rustybuzz::Face::from_slice(bytes, 0).unwrap();
            let missing = rustybuzz::ttf_parser::GlyphId(0);
            assert!(face.glyph_bounding_box(missing).is_some_and(|it| it.width() > 0));
        }
    }

    #[test]
    fn digits_are_all_of_one_width() {
        let widths = ('0'..='9').map(|it| BODY.width(&it.to_string()));
        assert!(widths.clone().all(|it| it == BODY.width("0")), "{:?}", widths.collect::<Vec<_>>());
    }

    #[test]
    fn lines_are_no_wider_than_asked_and_lose_no_letter() {
        let text = "one two three Donaudampfschifffahrtselektrizitaeten four a-b-c/d é";
        for width in [20.0, 33.0, 60.0, 200.0, 1_000.0] {
            let lines = BODY.wrap(text, width);
            for line in &lines {
                assert!(BODY.width(line) <= width + 0.5, "{line:?} at {width}");
            }
            let letters = |it: &str| it.chars().filter(|it| *it != ' ').collect::<String>();
            assert_eq!(letters(&lines.concat()), letters(text), "at {width}");
        }
        assert_eq!(BODY.wrap("", 10.0), [""]);
    }
}
