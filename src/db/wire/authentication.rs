//! Authentication, as the server asks for it: in the clear, by MD5, by SCRAM with or without channel binding.
//!
//! Never puts a password into an error.

use bytes::BytesMut;
use fallible_iterator::FallibleIterator as _;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{
    ChannelBinding as Binding, SCRAM_SHA_256, SCRAM_SHA_256_PLUS, ScramSha256,
};
use postgres_protocol::message::backend::{AuthenticationSaslBody, Message};
use postgres_protocol::message::frontend;

use super::parameters::ChannelBinding;
use super::{Failure, Wire};
use crate::config::Secret;

/// What is needed to authenticate.
#[derive(Debug, Clone)]
pub(super) struct Credentials<'a> {
    pub(super) user: &'a str,
    pub(super) password: Option<Secret>,
    pub(super) channel_binding: ChannelBinding,
}

impl Wire {
    /// Answers the server's authentication requests until it accepts.
    pub(super) async fn authenticate(&mut self, credentials: &Credentials<'_>) -> Result<(), Failure> {
        let mut is_bound = false;
        loop {
            let mut answer = BytesMut::new();
            match self.expect().await? {
                Message::AuthenticationOk if is_bound => return Ok(()),
                Message::AuthenticationOk if credentials.channel_binding == ChannelBinding::Require => {
                    return Err(unbound());
                }
                Message::AuthenticationOk => return Ok(()),
                Message::AuthenticationSasl(body) => {
                    is_bound = self.authenticate_by_scram(&body, credentials).await?;
                    continue;
                }
                // These methods do not prove the server's identity.
                _ if credentials.channel_binding == ChannelBinding::Require => return Err(unbound()),
                Message::AuthenticationCleartextPassword => {
                    frontend::password_message(credentials.password()?, &mut answer)
                }
                Message::AuthenticationMd5Password(body) => {
                    let password = credentials.password()?;
                    let hash = md5_hash(credentials.user.as_bytes(), password, body.salt());
                    frontend::password_message(hash.as_bytes(), &mut answer)
                }
                other => return Err(unsupported(&other)),
            }
            .map_err(|_| Failure::Authentication("the password has the character U+0000 in it".to_owned()))?;
            self.send(answer).await?;
        }
    }

    /// Returns whether the exchange was bound to the TLS session.
    async fn authenticate_by_scram(
        &mut self,
        offer: &AuthenticationSaslBody,
        credentials: &Credentials<'_>,
    ) -> Result<bool, Failure> {
        let offered: Vec<&str> = offer.mechanisms().collect().map_err(Failure::malformed)?;
        let (mechanism, binding) = self.mechanism(&offered, credentials.channel_binding)?;
        let mut scram = ScramSha256::new(credentials.password()?, binding);
        let mut answer = BytesMut::new();
        frontend::sasl_initial_response(mechanism, scram.message(), &mut answer)
            .map_err(Failure::malformed)?;
        self.send(answer).await?;
        let failed = |error: std::io::Error| Failure::Authentication(format!("SCRAM failed: {error}"));
        match self.expect().await? {
            Message::AuthenticationSaslContinue(body) => scram.update(body.data()).map_err(failed)?,
            _ => return Err(Failure::Malformed("SCRAM does not go on".to_owned())),
        }
        let mut answer = BytesMut::new();
        frontend::sasl_response(scram.message(), &mut answer).map_err(Failure::malformed)?;
        self.send(answer).await?;
        match self.expect().await? {
            // The server has to prove that it knows the password, too.
            Message::AuthenticationSaslFinal(body) => scram.finish(body.data()).map_err(failed)?,
            _ => return Err(Failure::Malformed("SCRAM does not end".to_owned())),
        }
        Ok(mechanism == SCRAM_SHA_256_PLUS)
    }

    fn mechanism(
        &self,
        offered: &[&str],
        wanted: ChannelBinding,
    ) -> Result<(&'static str, Binding), Failure> {
        let hash = self.stream.end_point_hash().filter(|_| wanted != ChannelBinding::Disable);
        match hash {
            Some(hash) if offered.contains(&SCRAM_SHA_256_PLUS) => {
                Ok((SCRAM_SHA_256_PLUS, Binding::tls_server_end_point(hash)))
            }
            _ if wanted == ChannelBinding::Require => Err(unbound()),
            _ if !offered.contains(&SCRAM_SHA_256) => Err(Failure::Authentication(format!(
                "the server asks for {}, which is not supported",
                offered.join(" or ")
            ))),
            // This tells the server that we support channel binding. A server that offers it would then detect a man in the
            // middle.
            Some(_) => Ok((SCRAM_SHA_256, Binding::unrequested())),
            None => Ok((SCRAM_SHA_256, Binding::unsupported())),
        }
    }
}

impl Credentials<'_> {
    fn password(&self) -> Result<&[u8], Failure> {
        let password = self.password.as_ref().map(|password| password.expose().as_bytes());
        password.ok_or_else(|| {
            Failure::Authentication(
                "the server asks for a password, and there is none: put it into the connection string, \
                 PGPASSWORD, or ~/.pgpass"
                    .to_owned(),
            )
        })
    }
}

fn unbound() -> Failure {
    Failure::Authentication(
        "channel_binding=require: the server does not bind its authentication to the TLS session".to_owned(),
    )
}

fn unsupported(message: &Message) -> Failure {
    let method = match message {
        Message::AuthenticationGss | Message::AuthenticationGssContinue(_) => "GSSAPI",
        Message::AuthenticationSspi => "SSPI",
        Message::AuthenticationKerberosV5 => "Kerberos 5",
        Message::AuthenticationScmCredential => "SCM credentials",
        _ => return Failure::Malformed("no authentication where it was expected".to_owned()),
    };
    Failure::Authentication(format!(
        "the server asks for authentication by {method}, which is not supported: give the role a password \
         and a line with scram-sha-256 in pg_hba.conf"
    ))
}
