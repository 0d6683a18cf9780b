use super::*;

mod days;
mod periods;
mod zones;

fn zone(name: &str) -> Zone {
    Zone::new(name).unwrap_or_else(|| panic!("{name} is not in the database"))
}

/// A moment from RFC 3339.
fn at(text: &str) -> Timestamp {
    let at: jiff::Timestamp = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    Timestamp(at.as_microsecond())
}

fn date(text: &str) -> Date {
    Date::parse(text).unwrap_or_else(|| panic!("{text} is not a day"))
}

/// A moment as the clock in `zone` shows it, with the distance from UTC.
fn shown(at: Timestamp, zone: Zone) -> String {
    let rules = jiff::tz::TimeZoneDatabase::bundled().get(zone.as_str()).unwrap();
    let at = jiff::Timestamp::from_microsecond(at.0).unwrap().to_zoned(rules);
    at.strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
}

/// Numbers that look random and are the same in every run (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        let place = self.below(u64::try_from(of.len()).unwrap());
        of[usize::try_from(place).unwrap()]
    }
}
