//! Reading the body of a request: bounded in length, in time, and together with all others in memory.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body as _;

use super::refusal::Refusal;
use super::room::{Reserved, Room, SHORT_BYTES};

/// How much of a body that is too long is still read; a client that sends more has its connection reset.
const DISCARD_BYTES: usize = 16 * 1024 * 1024;

/// A body, and the room that it has.
pub(super) struct Received {
    pub(super) bytes: Bytes,
    pub(super) room: Reserved,
}

/// The whole body, if it is no longer than the limit and there is room for it.
///
/// Its parts are copied together as they come: a client can send it in parts of a byte, and each of them has the buffer that it
/// was read into.
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

/// Reads on for a while without keeping anything: a connection that is closed while the client still sends is reset,
/// and the client would not see the answer.
pub(super) async fn discard(body: &mut Body) {
    let mut discarded = 0;
    while let Some(Ok(frame)) = body.frame().await {
        discarded += frame.data_ref().map_or(0, Bytes::len);
        if discarded > DISCARD_BYTES {
            return;
        }
    }
}
