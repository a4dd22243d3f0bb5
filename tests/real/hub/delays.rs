//! Pages whose answers come late, although what they tell of is done at once.

use std::collections::HashMap;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use super::Hub;

#[derive(Default)]
pub(super) struct Delays(Mutex<HashMap<&'static str, Duration>>);

impl Hub {
    /// From now on this page's answers are that late.
    pub fn delay(&self, path: &'static str, late: Duration) {
        self.state.delays.0.lock().expect("lock").insert(path, late);
    }
}

impl Delays {
    /// Holds nothing meanwhile.
    pub(super) fn wait(&self, path: &str) {
        let late = self.0.lock().expect("lock").get(path).copied();
        thread::sleep(late.unwrap_or_default());
    }
}
