//! What a peer can do to an exchange: answer before it has read, announce more than it sends, send anything at all.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::*;
use crate::db::wire::queue::Queue;
use crate::db::wire::stream::Stream;

/// A connection whose other side is the test.
fn pair() -> (SharedWire, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let wire = Wire {
        stream: Stream::Unix(ours),
        inbound: BytesMut::new(),
        is_inbound_grown: false,
        discarded: 0,
        outbound: BytesMut::new(),
        written: 0,
        queue: Queue::default(),
        write_failure: None,
        failure: None,
        parameters: BTreeMap::new(),
        key: None,
        route: None,
        pool_permit: None,
        state: State::Ready,
        transaction: TransactionStatus::Idle,
    };
    (SharedWire::new(wire), theirs)
}

fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap();
    [&[tag], &length.to_be_bytes()[..], body].concat()
}

/// Reads an answer to its end. Returns the number of its messages.
async fn read(wire: &mut SharedWire) -> Result<usize, Failure> {
    let mut exchange = wire.exchange(Pipeline::query("select 1").unwrap());
    let mut count = 0;
    while exchange.next().await?.is_some() {
        count += 1;
    }
    Ok(count)
}

#[tokio::test]
async fn full_buffers_are_no_deadlock() {
    const SIZE: usize = 50 << 20;
    let (mut wire, theirs) = pair();
    let peer = tokio::spawn(async move {
        let (mut reader, mut writer) = theirs.into_split();
        // The whole answer goes out before a byte of the question is read.
        let row = message(
            b'D',
            &[&[0, 1][..], &u32::try_from(SIZE).unwrap().to_be_bytes(), &vec![b'x'; SIZE]].concat(),
        );
        writer.write_all(&row).await.unwrap();
        writer.write_all(&message(b'C', b"SELECT 1\0")).await.unwrap();
        let mut question = vec![0; SIZE + 6];
        reader.read_exact(&mut question).await.unwrap();
        writer.write_all(&message(b'Z', b"I")).await.unwrap();
        writer
    });
    let mut exchange = wire.exchange(Pipeline::query(&"y".repeat(SIZE)).unwrap());
    let mut sizes = Vec::new();
    while let Some(message) = exchange.next().await.unwrap() {
        if let Message::DataRow(row) = message {
            sizes.push(row.buffer().len());
        }
    }
    assert_eq!(sizes, [SIZE + 4]);
    drop(exchange);
    assert!(wire.get_mut().is_ready());
    let kept = wire.with(|wire| wire.inbound.capacity() + wire.outbound.capacity());
    assert!(kept <= READ, "{kept} bytes are kept of a long question and a long answer");
    drop(peer.await.unwrap());
    assert!(!wire.get_mut().look(), "the peer has closed the connection");
}

#[tokio::test]
async fn an_announced_length_takes_no_memory_until_bytes_arrive() {
    let (mut wire, mut theirs) = pair();
    theirs.write_all(&[b'D', 0x3f, 0xff, 0xff, 0x00, 0, 1]).await.unwrap();
    theirs.shutdown().await.unwrap();
    assert!(matches!(read(&mut wire).await, Err(Failure::Closed)));
    assert!(
        wire.get_mut().inbound.capacity() < 1 << 20,
        "{} bytes are held",
        wire.get_mut().inbound.capacity()
    );
    let (mut wire, mut theirs) = pair();
    theirs.write_all(&[b'D', 0x7f, 0xff, 0xff, 0xff]).await.unwrap();
    assert!(matches!(read(&mut wire).await, Err(Failure::Malformed(_))));
}

#[tokio::test]
async fn an_exchange_left_in_the_middle_leaves_the_connection_unusable() {
    let (mut wire, mut theirs) = pair();
    let reading = tokio::time::timeout(Duration::from_millis(20), read(&mut wire));
    assert!(reading.await.is_err());
    assert!(!wire.get_mut().is_ready() && !wire.get_mut().look());
    theirs.write_all(&[message(b'C', b"SELECT 1\0"), message(b'Z', b"I")].concat()).await.unwrap();
    // The late answer is not taken for the answer to the next question.
    assert!(matches!(read(&mut wire).await, Err(Failure::Closed)));
}

#[tokio::test]
async fn unsolicited_messages_are_noted_or_end_the_connection() {
    let (mut wire, mut theirs) = pair();
    theirs.write_all(&message(b'S', b"TimeZone\0UTC\0")).await.unwrap();
    assert!(wire.get_mut().look());
    assert_eq!(wire.parameter("TimeZone"), Some("UTC".to_owned()));
    theirs.write_all(&message(b'E', b"SFATAL\0C57P01\0Mgoing down\0\0")).await.unwrap();
    assert!(!wire.get_mut().look());
    let (mut wire, mut theirs) = pair();
    theirs.write_all(&message(b'C', b"SELECT 1\0")).await.unwrap();
    assert!(!wire.get_mut().look(), "there was no query for that");
}

#[tokio::test]
async fn nothing_is_sent_that_could_not_be() {
    let (mut wire, theirs) = pair();
    drop(theirs);
    let mut exchange = wire.exchange(Pipeline::query("select 1").unwrap());
    exchange.next().await.err().expect("the peer has disconnected");
    assert_eq!(exchange.sent(), Sent::Nothing);
}

/// Numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }
}

/// A whole answer with every message that a server may send.
fn answer() -> Vec<u8> {
    [
        message(b'1', b""),
        message(b't', &[0, 1, 0, 0, 0, 23]),
        message(b'T', b"\0\x01a\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\x01"),
        message(b'2', b""),
        message(b'N', b"SNOTICE\0C00000\0Mnote\0\0"),
        message(b'D', b"\0\x01\0\0\0\x04\0\0\0\x07"),
        message(b'S', b"TimeZone\0UTC\0"),
        message(b'A', b"\0\0\0\x01channel\0payload\0"),
        message(b'C', b"SELECT 1\0"),
        message(b'E', b"SERROR\0VERROR\0C22012\0Mdivision by zero\0P8\0\0"),
        message(b'Z', b"I"),
    ]
    .concat()
}

#[tokio::test]
async fn an_exchange_ends_with_any_bytes_of_the_peer() {
    let mut numbers = Numbers(0x5eed);
    let mut ended = 0;
    for turn in 0..4000 {
        let mut bytes = answer();
        for _ in 0..numbers.below(4) {
            let at = numbers.below(bytes.len());
            match numbers.below(3) {
                0 => bytes[at] = u8::try_from(numbers.below(256)).unwrap(),
                1 => bytes.truncate(at.max(1)),
                _ => bytes.insert(at, u8::try_from(numbers.below(256)).unwrap()),
            }
        }
        let (mut wire, mut theirs) = pair();
        theirs.write_all(&bytes).await.unwrap();
        theirs.shutdown().await.unwrap();
        let limit = Duration::from_secs(10);
        let result = tokio::time::timeout(limit, read(&mut wire)).await;
        let result = result.unwrap_or_else(|_| panic!("turn {turn} hangs: {bytes:?}"));
        assert!(wire.get_mut().inbound.capacity() < 1 << 20, "turn {turn}: {bytes:?}");
        assert!(result.is_ok() || wire.get_mut().state == State::Ended, "turn {turn}: {bytes:?}");
        ended += usize::from(result.is_ok());
    }
    assert!(ended > 500, "only {ended} answers were whole");
}

#[tokio::test]
async fn rows_beyond_the_limit_are_left_out_and_the_connection_goes_on() {
    let (mut wire, mut theirs) = pair();
    let peer = tokio::spawn(async move {
        let mut question = [0; 64];
        for size in [10_usize, 1_000_000, 90] {
            let _ = theirs.read(&mut question).await.unwrap();
            let row = [&[0, 1][..], &u32::try_from(size).unwrap().to_be_bytes(), &vec![b'x'; size]].concat();
            let messages = [message(b'D', &row), message(b'D', &[0, 0]), message(b'Z', b"I")].concat();
            for part in messages.chunks(70_000) {
                theirs.write_all(part).await.unwrap();
            }
        }
    });
    for expected in [[10, 0], [0, 0], [90, 0]] {
        let mut exchange = wire.exchange(Pipeline::query("select 1").unwrap().limited_to(120));
        let mut sizes = Vec::new();
        while let Some(message) = exchange.next().await.unwrap() {
            if let Message::DataRow(row) = message {
                sizes.push(row.buffer().len().saturating_sub(4));
            }
        }
        assert_eq!(sizes, expected);
    }
    peer.await.unwrap();
}
