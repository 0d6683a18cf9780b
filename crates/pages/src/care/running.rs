//! What runs now, and holds money.

use super::home::{Home, Running};

#[derive(Clone, Debug, Default)]
pub struct RunningNow {
    pub sessions: Vec<Running>,
}

impl RunningNow {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let of = |name| {
            let homes = Home::samples().into_iter().filter(move |it| it.0 == name);
            Self { sessions: homes.flat_map(|it| it.1.running).collect() }
        };
        vec![("none", Self::default()), ("one", of("many")), ("many", of("long"))]
    }
}

page!(RunningNow, "care/running.html");
