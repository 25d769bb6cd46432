//! Reads the body of a request, with limits on its length, on time, and on the memory of all bodies together.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body as _;

use super::refusal::Refusal;
use super::room::{Reserved, Room, SHORT_BYTES};

/// How much of a body beyond its limit is still read. The connection of a client that sends more is reset.
const DISCARD_BYTES: usize = 16 * 1024 * 1024;

/// A body, and its share of the memory for bodies.
pub(super) struct Received {
    pub(super) bytes: Bytes,
    pub(super) room: Reserved,
}

/// The whole body, if it is within the limit and there is memory for it.
///
/// Its parts are copied together as they arrive. A client can send parts of one byte, and each of them would keep its read
/// buffer in memory.
pub(super) async fn read(body: &mut Body, limit: usize, room: &Room) -> Result<Received, Refusal> {
    let hint = body.size_hint();
    let length = hint.upper().map_or(limit, |length| usize::try_from(length).unwrap_or(usize::MAX));
    if length > limit {
        discard(body).await;
        return Err(Refusal::TooLarge(limit));
    }
    let mut reserved = room.begin(length).await?;
    let mut is_short = true;
    let mut bytes = BytesMut::with_capacity(length.min(SHORT_BYTES));
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Refusal::Incomplete)?.into_data() else { continue };
        if bytes.len() + data.len() > limit {
            drop((bytes, reserved));
            discard(body).await;
            return Err(Refusal::TooLarge(limit));
        }
        if is_short && bytes.len() + data.len() > SHORT_BYTES {
            room.extend(&mut reserved, length).await?;
            bytes.reserve(length - bytes.len());
            is_short = false;
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Received { bytes: bytes.freeze(), room: reserved })
}

/// Reads on for a while and discards the bytes. If a connection is closed while the client still sends, it is reset, and the
/// client does not see the answer.
pub(super) async fn discard(body: &mut Body) {
    let mut discarded = 0;
    while let Some(Ok(frame)) = body.frame().await {
        discarded += frame.data_ref().map_or(0, Bytes::len);
        if discarded > DISCARD_BYTES {
            return;
        }
    }
}
