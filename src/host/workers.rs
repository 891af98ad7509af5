//! Tasks on several threads: as many at once as there are processors, and as memory allows; results in order.
//!
//! Must not: know what a task does.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::{Condvar, Mutex, PoisonError, mpsc};

/// Stack of a thread: what the main thread has, for the same code runs on both.
const STACK: usize = 8 * 1024 * 1024;

/// A task, and the memory that it may take.
#[derive(Debug)]
pub struct Task<T> {
    /// What is worked on.
    pub on: T,
    /// Bytes, roughly.
    pub memory: u64,
}

struct Queue<T> {
    tasks: std::iter::Enumerate<std::vec::IntoIter<Task<T>>>,
    next: Option<(usize, Task<T>)>,
    running: usize,
    memory: u64,
}

/// Does `work` for each task, and hands the results to `done` on this thread, in the order of the tasks, each as soon as
/// those before it are there. `memory`: bytes that may be taken at once; a task that needs more runs by itself.
pub fn run<T: Send, R: Send>(tasks: Vec<Task<T>>, memory: u64, work: impl Fn(T) -> R + Sync, mut done: impl FnMut(R)) {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let threads = processors.min(tasks.len());
    if threads <= 1 {
        return tasks.into_iter().for_each(|task| done(work(task.on)));
    }
    let mut tasks = tasks.into_iter().enumerate();
    let next = tasks.next();
    let queue = Mutex::new(Queue { tasks, next, running: 0, memory: 0 });
    let changed = Condvar::new();
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        let (queue, changed, work) = (&queue, &changed, &work);
        let mut started = 0;
        for _ in 0..threads {
            let sender = sender.clone();
            let worker = move || {
                while let Some((index, task)) = take(queue, changed, memory) {
                    let running = Running { queue, changed, memory: task.memory };
                    let result = work(task.on);
                    drop(running);
                    if sender.send((index, result)).is_err() {
                        return;
                    }
                }
            };
            started += usize::from(std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, worker).is_ok());
        }
        drop(sender);
        // A system that gives no thread at all still has this one.
        if started == 0 {
            while let Some((_, task)) = take(queue, changed, u64::MAX) {
                let running = Running { queue, changed, memory: task.memory };
                done(work(task.on));
                drop(running);
            }
        }
        let mut early = BTreeMap::new();
        let mut due = 0;
        for (index, result) in receiver {
            early.insert(index, result);
            while let Some(result) = early.remove(&due) {
                done(result);
                due += 1;
            }
        }
    });
}

/// A task that is being worked on. Its end counts, however it comes.
struct Running<'q, T> {
    queue: &'q Mutex<Queue<T>>,
    changed: &'q Condvar,
    memory: u64,
}

impl<T> Drop for Running<'_, T> {
    fn drop(&mut self) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.running = queue.running.saturating_sub(1);
        queue.memory = queue.memory.saturating_sub(self.memory);
        self.changed.notify_all();
    }
}

/// The next task, when there is memory for it.
fn take<T>(queue: &Mutex<Queue<T>>, changed: &Condvar, memory: u64) -> Option<(usize, Task<T>)> {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let needed = queue.next.as_ref()?.1.memory;
        if queue.running == 0 || queue.memory.saturating_add(needed) <= memory {
            break;
        }
        queue = changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
    }
    let taken = queue.next.take();
    queue.next = queue.tasks.next();
    queue.running += 1;
    queue.memory = queue.memory.saturating_add(taken.as_ref().map_or(0, |(_, task)| task.memory));
    taken
}

/// Bytes of memory that this process may still take; `None` where the system does not say.
#[allow(clippy::disallowed_methods, reason = "files of the kernel, which have no size and end")]
pub fn memory_available() -> Option<u64> {
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let meminfo = read("/proc/meminfo")?;
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    let system = kib.saturating_mul(1024);
    // A container has a limit of its own.
    let number = |path: &str| read(path)?.trim().parse::<u64>().ok();
    let limit = number("/sys/fs/cgroup/memory.max").zip(number("/sys/fs/cgroup/memory.current"));
    Some(limit.map_or(system, |(most, used)| system.min(most.saturating_sub(used))))
}
