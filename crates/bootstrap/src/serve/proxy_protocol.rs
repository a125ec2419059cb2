//! The header of the PROXY protocol, versions 1 and 2: a proxy that passes bytes on tells whose they are.

#[cfg(test)]
mod tests;

use std::{io, net::SocketAddr};

use proxy_header::{ParseConfig, ProxyHeader};
use tokio::io::{AsyncRead, AsyncReadExt};

/// What version 2 begins with.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// The longest line of version 1, its end included.
const LINE: usize = 107;

/// The most bytes that follow the beginning of version 2. What proxies add to addresses are some hundred.
const MOST: usize = 4096;

/// Reads the header and not a byte more. The client that it names; nothing if the proxy speaks for itself.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    // The shortest header of version 1 is longer than this.
    let mut header = vec![0; SIGNATURE.len()];
    stream.read_exact(&mut header).await?;
    if header == SIGNATURE {
        let mut rest = [0; 4];
        stream.read_exact(&mut rest).await?;
        header.extend(rest);
        let [_, _, high, low] = rest;
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length > MOST {
            return Err(io::Error::other("the PROXY header is too long"));
        }
        let begun = header.len();
        header.resize(begun + length, 0);
        stream.read_exact(&mut header[begun..]).await?;
    } else {
        if !header.starts_with(b"PROXY ") {
            return Err(io::Error::other("there is no PROXY header"));
        }
        while !header.ends_with(b"\r\n") {
            if header.len() == LINE {
                return Err(io::Error::other("the PROXY header has no end"));
            }
            header.push(stream.read_u8().await?);
        }
    }
    let (header, _) = ProxyHeader::parse(&header, ParseConfig::default()).map_err(io::Error::other)?;
    Ok(header.proxied_address().map(|address| address.source))
}
