//! Which pipeline an answer belongs to: the pipelines that await answers, in the order in which they were written.
//!
//! PostgreSQL answers them in that order, each up to its own `ReadyForQuery`. The future that reads stores the messages of
//! other pipelines here. Never does I/O.

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::task::Waker;

use postgres_protocol::message::backend::Message;

use super::Pipeline;

/// The parts of an answer that are left out still have to be read, so that the connection can be used again. More bytes than
/// this would take longer than a new connection.
const MOST_DISCARDED: usize = 64 << 20;

/// A place in the queue. Each number is used once.
pub(super) type Ticket = u64;

/// The pipelines in progress on one connection.
#[derive(Default)]
pub(super) struct Queue {
    pipelines: VecDeque<Awaited>,
    /// The ticket of the first of `pipelines`.
    first: Ticket,
    /// How many of `pipelines` have been answered to the end: the next message is for the one behind them.
    answered: usize,
    /// The futures that wait for an answer, or have to read for the others. A future with the connection to itself is not
    /// among them.
    waiting: BTreeMap<Ticket, Waker>,
    /// The futures to wake, once the connection's lock is free.
    woken: Vec<Waker>,
}

/// A pipeline whose answer is awaited, or stored.
struct Awaited {
    /// How many `ReadyForQuery` are still to come.
    ends: u32,
    is_extended: bool,
    /// How many bytes the connection will have written when the pipeline is written.
    written_at: u64,
    /// How many bytes of rows may still arrive, and how many of those that are left out.
    rows_left: usize,
    discard_left: usize,
    /// Messages that arrived and were not fetched yet.
    messages: VecDeque<Message>,
    /// Whether the answer will not be fetched.
    is_abandoned: bool,
}

/// What has arrived for a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fetched {
    /// Some messages.
    Messages,
    /// Nothing, and nothing will arrive.
    End,
    /// Nothing yet.
    Nothing,
}

impl Queue {
    /// Queues a pipeline behind the others.
    pub(super) fn push(&mut self, pipeline: &Pipeline, written_at: u64) -> Ticket {
        self.pipelines.push_back(Awaited {
            ends: pipeline.ends,
            is_extended: pipeline.is_extended,
            written_at,
            rows_left: pipeline.row_limit.unwrap_or(usize::MAX),
            discard_left: MOST_DISCARDED,
            messages: VecDeque::new(),
            is_abandoned: false,
        });
        self.first + self.pipelines.len() as u64 - 1
    }

    /// Whether an answer is outstanding.
    pub(super) fn is_awaited(&self) -> bool {
        self.answered < self.pipelines.len()
    }

    /// Whether another pipeline is behind the one that is being answered.
    pub(super) fn is_followed(&self) -> bool {
        self.answered + 1 < self.pipelines.len()
    }

    /// Stores a message for its pipeline.
    pub(super) fn put(&mut self, message: Message) {
        let Some(current) = self.pipelines.get_mut(self.answered) else { return };
        if let Message::DataRow(row) = &message {
            current.rows_left = current.rows_left.saturating_sub(row.buffer().len());
        }
        if !current.is_abandoned {
            current.messages.push_back(message);
        }
    }

    /// Whether a row of this length is within the limit of the pipeline that is being answered.
    pub(super) fn has_room_for(&self, length: usize) -> bool {
        self.pipelines.get(self.answered).is_none_or(|current| length <= current.rows_left)
    }

    /// Records that a row of this length is left out. False if too much has been left out to read on.
    pub(super) fn leave_out(&mut self, length: usize) -> bool {
        let Some(current) = self.pipelines.get_mut(self.answered) else { return true };
        let left = current.discard_left.checked_sub(length);
        current.discard_left = left.unwrap_or(0);
        left.is_some()
    }

    /// More was written for the pipeline that is being answered: this many bytes in all.
    pub(super) fn lengthen(&mut self, written_at: u64) {
        if let Some(current) = self.pipelines.get_mut(self.answered) {
            current.written_at = written_at;
        }
    }

    /// Whether the pipeline that is being answered uses the extended protocol.
    pub(super) fn is_extended(&self) -> bool {
        self.pipelines.get(self.answered).is_some_and(|current| current.is_extended)
    }

    /// A `ReadyForQuery` arrived, when this many bytes had been written. False if the answer ends before its question does.
    pub(super) fn end_part(&mut self, written: u64) -> bool {
        let Some(current) = self.pipelines.get_mut(self.answered) else { return false };
        current.ends = current.ends.saturating_sub(1);
        if current.ends > 0 {
            return true;
        }
        let is_in_order = current.written_at <= written;
        self.wake_current();
        self.answered += 1;
        self.trim();
        is_in_order
    }

    /// Fetches the stored messages of a ticket.
    pub(super) fn fetch(&mut self, ticket: Ticket, messages: &mut VecDeque<Message>) -> Fetched {
        let Some(index) = self.index(ticket) else { return Fetched::End };
        if !self.pipelines[index].messages.is_empty() {
            mem::swap(&mut self.pipelines[index].messages, messages);
            return Fetched::Messages;
        }
        if index < self.answered { Fetched::End } else { Fetched::Nothing }
    }

    /// Registers a waiting future, and wakes the futures whose messages have arrived.
    pub(super) fn wait(&mut self, ticket: Ticket, waker: &Waker) {
        if self.pipelines.get(self.answered).is_some_and(|current| !current.messages.is_empty()) {
            self.wake_current();
        }
        match self.waiting.get_mut(&ticket) {
            Some(known) => known.clone_from(waker),
            None => drop(self.waiting.insert(ticket, waker.clone())),
        }
    }

    /// The ticket's future was dropped. Its answer is discarded, and another future reads on.
    pub(super) fn leave(&mut self, ticket: Ticket) {
        self.waiting.remove(&ticket);
        if let Some(index) = self.index(ticket) {
            self.pipelines[index].is_abandoned = true;
            self.pipelines[index].messages.clear();
            self.trim();
        }
        if let Some((_, next)) = self.waiting.pop_first() {
            self.woken.push(next);
        }
    }

    /// All futures were dropped.
    pub(super) fn leave_all(&mut self) {
        for pipeline in &mut self.pipelines {
            pipeline.is_abandoned = true;
            pipeline.messages.clear();
        }
        self.trim();
    }

    /// All have to notice that the connection has ended.
    pub(super) fn wake_all(&mut self) {
        self.woken.extend(mem::take(&mut self.waiting).into_values());
    }

    /// The futures to wake now.
    pub(super) fn take_woken(&mut self) -> Vec<Waker> {
        mem::take(&mut self.woken)
    }

    fn wake_current(&mut self) {
        let current = self.first + self.answered as u64;
        self.woken.extend(self.waiting.remove(&current));
    }

    fn index(&self, ticket: Ticket) -> Option<usize> {
        let index = usize::try_from(ticket.checked_sub(self.first)?).ok()?;
        (index < self.pipelines.len()).then_some(index)
    }

    /// Removes pipelines that were answered, and whose answers will not be fetched.
    fn trim(&mut self) {
        while self.answered > 0 && self.pipelines.front().is_some_and(|pipeline| pipeline.is_abandoned) {
            self.pipelines.pop_front();
            self.first += 1;
            self.answered -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    /// Counts its wake-ups.
    #[derive(Default)]
    struct CountingWaker(AtomicUsize);

    impl Wake for CountingWaker {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn pipeline(ends: u32) -> Pipeline {
        let mut pipeline = Pipeline::default();
        (0..ends).for_each(|_| pipeline.sync());
        pipeline
    }

    fn ring(queue: &mut Queue) {
        queue.take_woken().into_iter().for_each(Waker::wake);
    }

    #[test]
    fn messages_go_to_whom_they_are_for_in_the_order_of_the_pipelines() {
        let mut queue = Queue::default();
        let (first, second) = (queue.push(&pipeline(2), 10), queue.push(&pipeline(1), 20));
        let mut messages = VecDeque::new();
        assert!(queue.is_awaited() && queue.is_followed());
        queue.put(Message::ParseComplete);
        assert!(queue.end_part(20));
        assert_eq!(queue.fetch(second, &mut messages), Fetched::Nothing);
        queue.put(Message::BindComplete);
        assert!(queue.end_part(20));
        queue.put(Message::CloseComplete);
        assert_eq!(queue.fetch(first, &mut messages), Fetched::Messages);
        assert!(matches!(messages.make_contiguous(), [Message::ParseComplete, Message::BindComplete]));
        messages.clear();
        assert_eq!(queue.fetch(first, &mut messages), Fetched::End);
        assert_eq!(queue.fetch(second, &mut messages), Fetched::Messages);
        assert!(matches!(messages.make_contiguous(), [Message::CloseComplete]));
        assert!(queue.end_part(20) && !queue.is_awaited());
        assert!(!queue.end_part(20), "there was no query for that");
    }

    #[test]
    fn an_answer_does_not_end_before_its_question_was_written() {
        let mut queue = Queue::default();
        queue.push(&pipeline(1), 10);
        assert!(!queue.end_part(9));
    }

    #[test]
    fn answers_of_abandoned_requests_are_discarded() {
        let mut queue = Queue::default();
        let tickets: Vec<_> = (0..4).map(|_| queue.push(&pipeline(1), 0)).collect();
        queue.put(Message::ParseComplete);
        queue.leave(tickets[0]);
        queue.leave(tickets[2]);
        for _ in 0..4 {
            queue.put(Message::BindComplete);
            assert!(queue.end_part(0));
        }
        let mut messages = VecDeque::new();
        assert_eq!(queue.fetch(tickets[0], &mut messages), Fetched::End);
        assert_eq!(queue.fetch(tickets[3], &mut messages), Fetched::Messages);
        assert_eq!(queue.fetch(tickets[1], &mut messages), Fetched::Messages);
        queue.leave(tickets[3]);
        queue.leave(tickets[1]);
        assert!(queue.pipelines.is_empty() && !queue.is_awaited());
        let next = queue.push(&pipeline(1), 0);
        assert!(!tickets.contains(&next));
    }

    #[test]
    fn one_future_always_reads() {
        let mut queue = Queue::default();
        let bells: Vec<_> = (0..3).map(|_| Arc::new(CountingWaker::default())).collect();
        let tickets: Vec<_> = (0..3).map(|_| queue.push(&pipeline(1), 0)).collect();
        for (ticket, bell) in tickets.iter().zip(&bells) {
            queue.wait(*ticket, &Waker::from(Arc::clone(bell)));
        }
        let rung = || bells.iter().map(|bell| bell.0.load(Ordering::SeqCst)).collect::<Vec<_>>();
        // The future that read the first answer wakes its owner. When that one is done, it wakes the next.
        assert!(queue.end_part(0));
        ring(&mut queue);
        assert_eq!(rung(), [1, 0, 0]);
        queue.leave(tickets[0]);
        ring(&mut queue);
        assert_eq!(rung(), [1, 1, 0]);
        // The next future is dropped before it has read.
        queue.leave(tickets[1]);
        ring(&mut queue);
        assert_eq!(rung(), [1, 1, 1]);
        queue.wait(tickets[2], &Waker::from(Arc::clone(&bells[2])));
        queue.wake_all();
        ring(&mut queue);
        assert_eq!(rung(), [1, 1, 2]);
    }
}
