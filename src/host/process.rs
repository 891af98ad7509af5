//! This process towards the system.
//!
//! Must not: start other processes.

/// Switches core dumps off: a crash must not write secrets to a disk. Where that cannot be done, nothing is lost but this.
pub fn no_core_dumps() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
}
