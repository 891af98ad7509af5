//! The threads that answer requests, in the order in which these came.
//!
//! Must not: make a thread once it serves.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::bell::Bell;
use super::{Fault, Handler, Reply, Request};

struct Job {
    handler: Handler,
    request: Request,
    answer: oneshot::Sender<Result<Reply, Fault>>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    ended: bool,
}

/// The threads, and what they have to do.
pub(super) struct Jobs {
    queue: Mutex<Queue>,
    some: Condvar,
    bell: Arc<Bell>,
}

impl Jobs {
    pub(super) fn start(threads: usize, bell: Arc<Bell>) -> io::Result<Arc<Self>> {
        let jobs = Arc::new(Self { queue: Mutex::default(), some: Condvar::new(), bell });
        for number in 0..threads {
            let mine = Arc::clone(&jobs);
            let name = format!("answers-{number}");
            if let Err(error) = std::thread::Builder::new().name(name).spawn(move || mine.work()) {
                jobs.end();
                return Err(error);
            }
        }
        Ok(jobs)
    }

    /// What answers, answered. Who does not wait any more when its turn comes is passed over.
    pub(super) async fn answer(&self, handler: Handler, request: Request) -> Result<Reply, Fault> {
        let (answer, answered) = oneshot::channel();
        self.queue().jobs.push_back(Job { handler, request, answer });
        self.some.notify_one();
        answered.await.unwrap_or(Err(Fault::Busy))
    }

    /// Ends the threads, each after what it does.
    pub(super) fn end(&self) {
        let mut queue = self.queue();
        queue.ended = true;
        queue.jobs.clear();
        self.some.notify_all();
    }

    fn work(&self) {
        loop {
            let mut queue = self.queue();
            let job = loop {
                if queue.ended {
                    return;
                }
                match queue.jobs.pop_front() {
                    Some(job) => break job,
                    None => queue = self.some.wait(queue).unwrap_or_else(PoisonError::into_inner),
                }
            };
            drop(queue);
            let Job { handler, request, answer } = job;
            if answer.is_closed() {
                continue;
            }
            let reply = catch_unwind(AssertUnwindSafe(|| handler(&request))).map_err(|_| Fault::Broken);
            self.bell.carry(Box::new(move || _ = answer.send(reply)));
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
