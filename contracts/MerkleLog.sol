// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IImageRegistry} from "./IImageRegistry.sol";

/// @title Merkle tree arithmetic of RFC 9162, section 2.1, over leaf hashes
/// @dev A tree of n leaves is kept as the roots of its perfect subtrees, its peaks: one for each bit set in n, the
/// largest at the left. Indices are in range by construction wherever `unchecked` stands.
library MerkleLog {
    /// @dev A size below 2^64 has at most 64 peaks.
    uint256 private constant MAX_PEAKS = 64;

    /// @notice SHA-256(0x01 || left || right).
    function node(bytes32 left, bytes32 right) internal view returns (bytes32 result) {
        bool answered;
        // Memory beyond the free pointer is borrowed for the 65 bytes, and the result goes to scratch space.
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore8(input, 1)
            mstore(add(input, 1), left)
            mstore(add(input, 33), right)
            answered := staticcall(gas(), 2, input, 65, 0, 32)
            answered := and(answered, eq(returndatasize(), 32))
            result := mload(0)
        }
        if (!answered) revert IImageRegistry.HashUnavailable();
    }

    /// @return count the number of peaks of a tree of `size` leaves: the bits set in `size`
    function peakCount(uint256 size) internal pure returns (uint256 count) {
        for (; size != 0; size &= size - 1) ++count;
    }

    /// @return stack the peaks in memory, with room for those of any larger tree
    function toStack(bytes32[] calldata peaks) internal pure returns (bytes32[] memory stack) {
        stack = new bytes32[](MAX_PEAKS);
        for (uint256 i = 0; i < peaks.length; ++i) stack[i] = peaks[i];
    }

    /// @notice Appends `leaf` to the tree of `size` leaves whose `count` peaks are the first of `stack`.
    /// @dev Each low bit set in `size` is a peak that the new leaf completes to a larger one: binary addition of one.
    /// @return the new number of peaks
    function append(bytes32[] memory stack, uint256 count, uint256 size, bytes32 leaf)
        internal
        view
        returns (uint256)
    {
        unchecked {
            for (; size & 1 == 1; size >>= 1) leaf = node(stack[--count], leaf);
            stack[count] = leaf;
            return count + 1;
        }
    }

    /// @return root the tree hash over the first `count` peaks of `stack`, `count` > 0
    function fold(bytes32[] memory stack, uint256 count) internal view returns (bytes32 root) {
        root = stack[--count];
        while (count != 0) root = node(stack[--count], root);
    }

    /// @notice Checks an inclusion proof: RFC 9162, section 2.1.3.2, with its names and steps.
    function isIncluded(uint256 size, bytes32 root, bytes32 leaf, uint256 index, bytes32[] calldata proof)
        internal
        view
        returns (bool)
    {
        if (index >= size) return false;
        uint256 fn = index;
        uint256 sn = size - 1;
        bytes32 r = leaf;
        for (uint256 i = 0; i < proof.length; ++i) {
            if (sn == 0) return false;
            if (fn & 1 == 1 || fn == sn) {
                r = node(proof[i], r);
                (fn, sn) = _skipMissing(fn, sn);
            } else {
                r = node(r, proof[i]);
            }
            fn >>= 1;
            sn >>= 1;
        }
        return sn == 0 && r == root;
    }

    /// @notice Checks a consistency proof: RFC 9162, section 2.1.4.2, with its names and steps.
    /// @dev An empty first tree is continued by every tree, by the empty proof; `first` < `second` is the caller's duty.
    function isConsistent(
        uint256 first,
        bytes32 firstHash,
        uint256 second,
        bytes32 secondHash,
        bytes32[] calldata proof
    ) internal view returns (bool) {
        if (first == 0) return proof.length == 0;
        if (proof.length == 0) return false;
        uint256 fn = first - 1;
        uint256 sn = second - 1;
        while (fn & 1 == 1) (fn, sn) = (fn >> 1, sn >> 1);

        // A perfect first tree is itself the first node of the path, and the proof leaves it out.
        bool perfect = first & (first - 1) == 0;
        bytes32 fr = perfect ? firstHash : proof[0];
        bytes32 sr = fr;
        for (uint256 i = perfect ? 0 : 1; i < proof.length; ++i) {
            if (sn == 0) return false;
            if (fn & 1 == 1 || fn == sn) {
                fr = node(proof[i], fr);
                sr = node(proof[i], sr);
                (fn, sn) = _skipMissing(fn, sn);
            } else {
                sr = node(sr, proof[i]);
            }
            fn >>= 1;
            sn >>= 1;
        }
        return sn == 0 && fr == firstHash && sr == secondHash;
    }

    /// @dev Climbs over the levels at which the node at `fn` has no sibling.
    function _skipMissing(uint256 fn, uint256 sn) private pure returns (uint256, uint256) {
        while (fn & 1 == 0 && fn != 0) (fn, sn) = (fn >> 1, sn >> 1);
        return (fn, sn);
    }
}
