"""What the core needs from outside and offers to it: small Protocols, one file each."""
