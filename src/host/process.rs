//! This process towards the system.
//!
//! Must not: start other processes.

/// Switches core dumps off, and looking into this process: a crash must not write secrets to a disk, nor another process of
/// the same account read them out of memory. Where that cannot be done, nothing is lost but this.
pub fn guard_memory() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
}
