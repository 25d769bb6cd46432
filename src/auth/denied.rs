//! Why a request is denied, in words for the client. Never quotes the token or a claim.

/// Why a request has no caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// There is no token, and requests without one are not allowed.
    #[error("This request needs a token; send it in the header `Authorization: Bearer <token>`.")]
    TokenMissing,
    /// The header contains something else than a token.
    #[error("The Authorization header is not `Bearer <token>`.")]
    NoBearer,
    /// No setting provides a key that could verify a token. Ignoring the token would run the request as another identity.
    #[error(
        "This server accepts no tokens, because neither jwt-secret nor jwt-keys is set; leave the \
         Authorization header out."
    )]
    NotAccepted,
    /// It is a secret API key that is not configured.
    #[error("The API key is unknown to this server; it takes those of its setting api-keys.")]
    ApiKeyUnknown,
    /// The token is invalid.
    #[error("The token cannot be used: {0}.")]
    Invalid(#[from] InvalidToken),
    /// The token names no role, and no role is configured for such tokens.
    #[error("The token names no role.")]
    RoleMissing,
    /// The claim is there, but it is not a valid name of a role.
    #[error("The token's role cannot be used.")]
    RoleRefused,
    /// The identity provider's keys are not known yet, and could not be fetched.
    #[error("The keys that the token is verified with cannot be fetched; try again later.")]
    KeysUnavailable,
}

/// What is wrong with a token. The texts are valid for `error_description` (RFC 6750, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// It is too long.
    #[error("it is too long")]
    TooLong,
    /// It is not a signed JSON Web Token.
    #[error("it is not a signed JSON Web Token")]
    Malformed,
    /// Its header requires an extension that this server does not support (RFC 7515, section 4.1.11).
    #[error("it requires an extension that this server does not support")]
    Critical,
    /// Its algorithm is `none`, or an unknown one.
    #[error("its algorithm is not one that this server accepts")]
    Algorithm,
    /// No key has its identifier and permits its algorithm.
    #[error("it is signed with an unknown key")]
    UnknownKey,
    /// It was not signed with a key that this server knows, or it was modified.
    #[error("its signature is wrong")]
    Signature,
    /// `exp` has passed.
    #[error("it has expired")]
    Expired,
    /// `nbf` is in the future.
    #[error("it is not valid yet")]
    NotYetValid,
    /// `aud` does not name this server.
    #[error("it is meant for another audience")]
    Audience,
    /// `iss` is another issuer.
    #[error("it was issued by another issuer")]
    Issuer,
    /// `exp` or `nbf` is not a number.
    #[error("its times are not numbers")]
    Times,
}
