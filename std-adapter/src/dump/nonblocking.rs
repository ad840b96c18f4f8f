//! The layer over the traits of tokio.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Direction, Dump, Entry};

impl<S: AsyncRead + Unpin, F: FnMut(&Entry<'_>) + Unpin> AsyncRead for Dump<S, F> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let (room_len, filled_len) = (buf.remaining(), buf.filled().len());
        ready!(Pin::new(&mut this.next).poll_read(context, buf))?;
        this.has_read(buf.filled().get(filled_len..).unwrap_or_default(), room_len);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin, F: FnMut(&Entry<'_>) + Unpin> AsyncWrite for Dump<S, F> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let len = ready!(Pin::new(&mut this.next).poll_write(context, buf))?;
        this.has_written(buf, len);
        Poll::Ready(Ok(len))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().next).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.next).poll_shutdown(context))?;
        this.observer.end(Direction::Outbound);
        Poll::Ready(Ok(()))
    }
}
