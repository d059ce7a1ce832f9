// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @dev RFC 9162, section 2.1, word for word and recursive: shares no code with the contract.
library Oracle {
    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }

    /// @dev MTH over leaves[from .. to], `from` < `to`.
    function mth(bytes32[] memory leaves, uint256 from, uint256 to) internal pure returns (bytes32) {
        if (to - from == 1) return leaves[from];
        uint256 k = split(to - from);
        return node(mth(leaves, from, from + k), mth(leaves, from + k, to));
    }

    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        return mth(leaves, 0, leaves.length);
    }

    function peaks(bytes32[] memory leaves) internal pure returns (bytes32[] memory result) {
        uint256 from = 0;
        for (uint256 bit = 1 << 63; bit != 0; bit >>= 1) {
            if (leaves.length & bit == 0) continue;
            result = push(result, mth(leaves, from, from + bit));
            from += bit;
        }
    }

    /// @dev PATH(index, leaves), section 2.1.3.1.
    function path(bytes32[] memory leaves, uint256 index, uint256 from, uint256 to)
        internal
        pure
        returns (bytes32[] memory)
    {
        if (to - from == 1) return new bytes32[](0);
        uint256 middle = from + split(to - from);
        if (index < middle) return push(path(leaves, index, from, middle), mth(leaves, middle, to));
        return push(path(leaves, index, middle, to), mth(leaves, from, middle));
    }

    /// @dev PROOF(first, leaves), section 2.1.4.1.
    function proof(bytes32[] memory leaves, uint256 first) internal pure returns (bytes32[] memory) {
        return subproof(leaves, first, 0, leaves.length, true);
    }

    function subproof(bytes32[] memory leaves, uint256 first, uint256 from, uint256 to, bool whole)
        private
        pure
        returns (bytes32[] memory)
    {
        if (first == to) return whole ? new bytes32[](0) : push(new bytes32[](0), mth(leaves, from, to));
        uint256 middle = from + split(to - from);
        if (first <= middle) return push(subproof(leaves, first, from, middle, whole), mth(leaves, middle, to));
        return push(subproof(leaves, first, middle, to, false), mth(leaves, from, middle));
    }

    /// @dev The largest power of two smaller than `n`.
    function split(uint256 n) private pure returns (uint256 k) {
        for (k = 1; k * 2 < n;) {
            k *= 2;
        }
    }

    function push(bytes32[] memory list, bytes32 item) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](list.length + 1);
        for (uint256 i = 0; i < list.length; ++i) {
            longer[i] = list[i];
        }
        longer[list.length] = item;
    }
}
