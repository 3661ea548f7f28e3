"""The staff's pages at `/desk`: plain documents and fragments, every one behind the sign-in."""
