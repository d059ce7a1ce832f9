// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IImageRegistry} from "./IImageRegistry.sol";

/// @title Merkle tree arithmetic of RFC 9162, section 2.1, over leaf hashes
/// @dev A tree of n leaves is kept as the roots of its perfect subtrees, its peaks: one for each bit set in n, the
/// largest at the left. Indices are in range by construction wherever `unchecked` stands.
library MerkleLog {
    /// @dev The address of the SHA-256 precompile.
    uint256 private constant SHA256 = 2;

    /// @notice SHA-256(0x01 || left || right).
    function node(bytes32 left, bytes32 right) internal view returns (bytes32 result) {
        bool answered;
        // The 65 bytes borrow memory beyond the free pointer; the result comes back in scratch space.
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore8(input, 1)
            mstore(add(input, 1), left)
            mstore(add(input, 33), right)
            answered := staticcall(gas(), SHA256, input, 65, 0, 32)
            result := mload(0)
        }
        if (!answered) revert IImageRegistry.HashFailed();
    }

    /// @return count the number of peaks of a tree of `size` leaves: the bits set in `size`
    function peakCount(uint256 size) internal pure returns (uint256 count) {
        unchecked {
            for (; size != 0; size &= size - 1) {
                ++count;
            }
        }
    }

    /// @return nodes the two lists in memory, one after the other
    function join(bytes32[] calldata peaks, bytes32[] calldata leaves) internal pure returns (bytes32[] memory nodes) {
        assembly ("memory-safe") {
            nodes := mload(0x40)
            let next := add(nodes, 32)
            calldatacopy(next, peaks.offset, shl(5, peaks.length))
            next := add(next, shl(5, peaks.length))
            calldatacopy(next, leaves.offset, shl(5, leaves.length))
            mstore(0x40, add(next, shl(5, leaves.length)))
            mstore(nodes, add(peaks.length, leaves.length))
        }
    }

    /// @return root the tree hash over the first `count` of `peaks`, `count` > 0
    function fold(bytes32[] memory peaks, uint256 count) internal view returns (bytes32 root) {
        unchecked {
            root = peaks[--count];
            while (count != 0) root = node(peaks[--count], root);
        }
    }

    /// @notice Appends `count` > 0 leaves to the tree of `size` leaves; `nodes` = its `first` peaks and then the leaves.
    /// @dev Goes up level by level. The new nodes of a level stand at nodes[first ..], and the peak of that level, if
    /// the old tree has one, is the word before them. A node left over at the right is a peak of the grown tree.
    /// @return root the tree hash of the grown tree; `nodes` is used up
    function grow(bytes32[] memory nodes, uint256 first, uint256 size, uint256 count)
        internal
        view
        returns (bytes32 root)
    {
        bool started = false;
        unchecked {
            for (; count != 0; size >>= 1) {
                if (size & 1 == 1) {
                    --first;
                    ++count;
                }
                if (count & 1 == 1) {
                    bytes32 peak = nodes[first + count - 1];
                    root = started ? node(peak, root) : peak;
                    started = true;
                }
                count >>= 1;
                _pairUp(nodes, first, count);
            }
            while (first != 0) root = node(nodes[--first], root);
        }
    }

    /// @dev Replaces nodes[first .. first + 2 * pairs] by their parents, from nodes[first] on. The prefix 0x01 goes
    /// into the byte before each pair: that byte belongs to a pair already hashed, but for the first, where the
    /// word before is put back at the end. This loop is most of what a registration pays for beside its events.
    function _pairUp(bytes32[] memory nodes, uint256 first, uint256 pairs) private view {
        bool answered = true;
        assembly ("memory-safe") {
            let before := add(nodes, shl(5, first))
            let saved := mload(before)
            let parent := add(before, 32)
            let input := add(before, 31)
            for { let end := add(input, shl(6, pairs)) } lt(input, end) { input := add(input, 64) } {
                mstore8(input, 1)
                answered := and(answered, staticcall(gas(), SHA256, input, 65, parent, 32))
                parent := add(parent, 32)
            }
            mstore(before, saved)
        }
        if (!answered) revert IImageRegistry.HashFailed();
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
