//! Why somebody is not let in, in words for the client. Never quotes the token or a claim.

/// Why a request has no caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// There is no token, and nobody may ask without one.
    #[error("This request needs a token; send it in the header `Authorization: Bearer <token>`.")]
    TokenMissing,
    /// The header holds something else than a token.
    #[error("The Authorization header is not `Bearer <token>`.")]
    NoBearer,
    /// Nothing is set that a token could be verified with. To ignore it would let somebody in as somebody else.
    #[error(
        "This server accepts no tokens, because neither jwt-secret nor jwt-keys is set; leave the \
         Authorization header out."
    )]
    NotAccepted,
    /// The token is no good.
    #[error("The token cannot be used: {0}.")]
    Invalid(#[from] InvalidToken),
    /// The token names no role, and there is none for those without one.
    #[error("The token names no role.")]
    RoleMissing,
    /// The claim is there, but holds no name that a role can have.
    #[error("The token's role cannot be used.")]
    RoleRefused,
    /// The identity provider's keys are not known yet, and cannot be fetched.
    #[error("The keys that the token is verified with cannot be fetched; try again later.")]
    KeysUnavailable,
}

/// What is wrong with a token: texts that fit `error_description` (RFC 6750, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// It is longer than anybody needs.
    #[error("it is too long")]
    TooLong,
    /// It is no JSON Web Token that is signed.
    #[error("it is not a signed JSON Web Token")]
    Malformed,
    /// Its header demands what this server does not know (RFC 7515, section 4.1.11).
    #[error("it demands an extension that this server does not have")]
    Critical,
    /// Its algorithm is `none`, or an unknown one.
    #[error("its algorithm is not one that this server accepts")]
    Algorithm,
    /// No key has its identifier and takes its algorithm.
    #[error("it is signed with an unknown key")]
    UnknownKey,
    /// It was not signed with a key that this server knows, or changed since.
    #[error("its signature is wrong")]
    Signature,
    /// `exp` is over.
    #[error("it has expired")]
    Expired,
    /// `nbf` is to come.
    #[error("it is not valid yet")]
    NotYetValid,
    /// `aud` does not name this server.
    #[error("it is meant for another audience")]
    Audience,
    /// `iss` is somebody else.
    #[error("it was issued by somebody else")]
    Issuer,
    /// `exp` or `nbf` is no number.
    #[error("its times are not numbers")]
    Times,
}
