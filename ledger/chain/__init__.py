"""The Ethereum side: contract calls, the sender, state proofs, the local testnet."""
