// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ImageRegistry} from "../ImageRegistry.sol";
import {IImageRegistry} from "../IImageRegistry.sol";

/// @dev The cheat codes of forge that these tests use.
interface Vm {
    function prank(address caller) external;
    function warp(uint256 timestamp) external;
    function assume(bool condition) external pure;
    function expectRevert(bytes calldata data) external;
    function expectEmit(address emitter) external;
    function mockCallRevert(address callee, bytes calldata data, bytes calldata revertData) external;
    function assertTrue(bool condition, string calldata why) external pure;
    function assertFalse(bool condition, string calldata why) external pure;
    function assertEq(uint256 left, uint256 right, string calldata why) external pure;
    function assertEq(bytes32 left, bytes32 right, string calldata why) external pure;
}

/// @dev A registry with one registrar and its sender, and short words for what the tests do to it.
abstract contract Base {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    address internal constant ADMIN = address(0xAD);
    address internal constant SENDER = address(0x51);
    address internal constant STRANGER = address(0xBAD);
    bytes32 internal constant CLINIC = keccak256("clinic");
    bytes32 internal constant NAME = keccak256("the clinic's name");
    uint64 internal constant START = 1_700_000_000;

    ImageRegistry internal registry;

    function deploy() internal {
        vm.warp(START);
        registry = new ImageRegistry(1 days, ADMIN);
        vm.prank(ADMIN);
        registry.addRegistrar(CLINIC, NAME, SENDER);
    }

    function refuse(bytes memory reason) internal {
        vm.expectRevert(reason);
    }

    function within(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        return low + value % (high - low + 1);
    }

    /// @dev `count` leaf hashes that differ by seed and position.
    function someLeaves(uint256 seed, uint256 count) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            leaves[i] = keccak256(abi.encode(seed, i));
        }
    }

    function slice(bytes32[] memory all, uint256 from, uint256 to) internal pure returns (bytes32[] memory part) {
        part = new bytes32[](to - from);
        for (uint256 i = from; i < to; ++i) {
            part[i - from] = all[i];
        }
    }

    function assertHead(bytes32 registrarId, uint256 sequence, uint256 size, bytes32 root) internal view {
        IImageRegistry.Head memory head = registry.headOf(registrarId);
        vm.assertEq(head.sequence, sequence, "sequence");
        vm.assertEq(head.size, size, "size");
        vm.assertEq(head.root, root, "root");
        vm.assertEq(registry.rootAt(registrarId, uint64(sequence)), root, "kept root");
    }
}
