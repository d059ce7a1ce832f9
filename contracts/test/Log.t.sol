// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IImageRegistry} from "../IImageRegistry.sol";
import {Base} from "./Base.sol";
import {Oracle} from "./Oracle.sol";

contract LogTest is Base {
    bytes32[] internal NONE;
    /// @dev Why the next move must be refused; empty when it must succeed.
    bytes internal refused;

    function setUp() public {
        deploy();
    }

    function test_the_first_registration_needs_no_peaks() public {
        bytes32[] memory leaves = someLeaves(1, 3);
        bytes32 root = Oracle.root(leaves);
        for (uint64 i = 0; i < 3; ++i) {
            vm.expectEmit(address(registry));
            emit IImageRegistry.ImageRegistered(CLINIC, leaves[i], i);
        }
        vm.expectEmit(address(registry));
        emit IImageRegistry.HeadAdvanced(CLINIC, 1, 3, root);
        register(SENDER, 1, 0, NONE, leaves);
        assertHead(CLINIC, 1, 3, Oracle.root(leaves));
    }

    function testFuzz_appending_gives_the_recursive_root(uint256 seed, uint256 a, uint256 b) public {
        a = within(a, 1, 130);
        b = within(b, 1, 70);
        bytes32[] memory all = someLeaves(seed, a + b);
        bytes32[] memory old = slice(all, 0, a);
        fill(old);
        register(SENDER, 2, uint64(a), Oracle.peaks(old), slice(all, a, a + b));
        assertHead(CLINIC, 2, a + b, Oracle.root(all));
        vm.assertEq(registry.rootAt(CLINIC, 1), Oracle.root(old), "the old root is kept");
    }

    function testFuzz_zero_leaves_are_leaves(uint256 a, uint256 b) public {
        a = within(a, 2, 20);
        b = within(b, 1, 20);
        bytes32[] memory all = new bytes32[](a + b);
        fill(slice(all, 0, a));
        register(SENDER, 2, uint64(a), Oracle.peaks(slice(all, 0, a)), slice(all, a, a + b));
        assertHead(CLINIC, 2, a + b, Oracle.root(all));
    }

    function testFuzz_anchoring_takes_the_consistency_proof(uint256 seed, uint256 a, uint256 b) public {
        a = within(a, 1, 130);
        b = within(b, 1, 130);
        bytes32[] memory all = someLeaves(seed, a + b);
        fill(slice(all, 0, a));
        bytes32[] memory proof = Oracle.proof(all, a);
        bytes32 root = Oracle.root(all);
        vm.expectEmit(address(registry));
        emit IImageRegistry.HeadAdvanced(CLINIC, 2, uint64(a + b), root);
        anchor(SENDER, 2, uint64(a + b), root, proof);
        assertHead(CLINIC, 2, a + b, root);
    }

    function testFuzz_a_changed_proof_anchors_nothing(uint256 seed, uint256 a, uint256 b, uint256 where) public {
        a = within(a, 1, 130);
        b = within(b, 1, 130);
        bytes32[] memory all = someLeaves(seed, a + b);
        fill(slice(all, 0, a));
        bytes32[] memory proof = Oracle.proof(all, a);
        bytes32 root = Oracle.root(all);
        proof[where % proof.length] ^= bytes32(uint256(1) << (seed % 256));
        refused = (abi.encodeWithSelector(IImageRegistry.InconsistentHead.selector, CLINIC, uint64(a + b), root));
        anchor(SENDER, 2, uint64(a + b), root, proof);
    }

    function testFuzz_a_fork_is_not_anchored(uint256 seed, uint256 a, uint256 b, uint256 where) public {
        a = within(a, 1, 130);
        bytes32[] memory all = someLeaves(seed, a + within(b, 1, 130));
        fill(slice(all, 0, a));
        all[where % a] = keccak256("another history");
        bytes32[] memory proof = Oracle.proof(all, a);
        bytes32 root = Oracle.root(all);
        refused = (abi.encodeWithSelector(IImageRegistry.InconsistentHead.selector, CLINIC, uint64(all.length), root));
        anchor(SENDER, 2, uint64(all.length), root, proof);
    }

    function testFuzz_a_fork_is_not_registered(uint256 seed, uint256 a, uint256 where) public {
        a = within(a, 1, 130);
        bytes32[] memory leaves = someLeaves(seed, a);
        bytes32 kept = Oracle.root(leaves);
        fill(leaves);
        leaves[where % a] = keccak256("another history");
        bytes32[] memory peaks = Oracle.peaks(leaves);
        refused = (abi.encodeWithSelector(IImageRegistry.UnexpectedRoot.selector, CLINIC, kept, Oracle.root(leaves)));
        register(SENDER, 2, uint64(a), peaks, leaves);
    }

    function test_the_first_anchor_takes_an_empty_proof_only() public {
        refused = (abi.encodeWithSelector(IImageRegistry.InconsistentHead.selector, CLINIC, 9, NAME));
        anchor(SENDER, 1, 9, NAME, new bytes32[](1));
        anchor(SENDER, 1, 9, NAME, NONE);
        assertHead(CLINIC, 1, 9, NAME);
    }

    function test_a_second_anchor_needs_a_proof() public {
        fill(someLeaves(1, 4));
        refused = (abi.encodeWithSelector(IImageRegistry.InconsistentHead.selector, CLINIC, 9, NAME));
        anchor(SENDER, 2, 9, NAME, NONE);
    }

    function testFuzz_a_sequence_is_never_skipped_or_repeated(uint64 sequence) public {
        fill(someLeaves(1, 4));
        vm.assume(sequence != 2);
        bytes memory reason = abi.encodeWithSelector(IImageRegistry.UnexpectedSequence.selector, CLINIC, 2, sequence);
        refused = reason;
        register(SENDER, sequence, 4, Oracle.peaks(someLeaves(1, 4)), someLeaves(2, 1));
        refused = reason;
        anchor(SENDER, sequence, 5, NAME, NONE);
    }

    function testFuzz_a_head_never_shrinks_or_stands(uint64 size) public {
        bytes32[] memory leaves = someLeaves(1, 40);
        fill(leaves);
        size = uint64(within(size, 0, 40));
        refused = (abi.encodeWithSelector(IImageRegistry.SizeNotLarger.selector, CLINIC, 40, size));
        anchor(SENDER, 2, size, Oracle.root(leaves), NONE);
    }

    function test_a_head_of_the_same_size_is_refused() public {
        fill(someLeaves(1, 4));
        refused = abi.encodeWithSelector(IImageRegistry.SizeNotLarger.selector, CLINIC, 4, 4);
        anchor(SENDER, 2, 4, NAME, NONE);
    }

    function test_a_proof_is_too_short_for_a_larger_size() public {
        bytes32[] memory all = someLeaves(1, 5);
        fill(slice(all, 0, 4));
        bytes32[] memory proof = Oracle.proof(all, 4);
        bytes32 root = Oracle.root(all);
        refused = abi.encodeWithSelector(IImageRegistry.InconsistentHead.selector, CLINIC, 9, root);
        anchor(SENDER, 2, 9, root, proof);
    }

    function test_a_path_holds_for_no_size_of_another_height() public {
        bytes32[] memory all = someLeaves(1, 5);
        fill(all);
        bytes32[] memory path = Oracle.path(all, 4, 0, 5);
        vm.assertTrue(registry.verifyInclusion(CLINIC, 1, 5, all[4], 4, path), "the fifth of five");
        vm.assertFalse(registry.verifyInclusion(CLINIC, 1, 1, all[4], 0, path), "the only one");
        path = Oracle.path(all, 0, 0, 5);
        vm.assertFalse(registry.verifyInclusion(CLINIC, 1, 9, all[0], 0, path), "the first of nine");
    }

    function testFuzz_the_old_size_must_be_the_present_one(uint64 size) public {
        vm.assume(size != 4);
        fill(someLeaves(1, 4));
        refused = (abi.encodeWithSelector(IImageRegistry.UnexpectedSize.selector, CLINIC, 4, size));
        register(SENDER, 2, size, Oracle.peaks(someLeaves(1, 4)), someLeaves(2, 1));
    }

    function test_a_registration_has_leaves_and_the_right_number_of_peaks() public {
        bytes32[] memory peaks = Oracle.peaks(someLeaves(1, 5));
        fill(someLeaves(1, 5));
        refused = (abi.encodeWithSelector(IImageRegistry.NoLeaves.selector, CLINIC));
        register(SENDER, 2, 5, peaks, NONE);
        refused = (abi.encodeWithSelector(IImageRegistry.UnexpectedPeakCount.selector, CLINIC, 2, 1));
        register(SENDER, 2, 5, slice(peaks, 0, 1), someLeaves(2, 1));
        refused = (abi.encodeWithSelector(IImageRegistry.UnexpectedPeakCount.selector, CLINIC, 2, 0));
        register(SENDER, 2, 5, NONE, someLeaves(2, 1));
    }

    function test_a_root_is_not_zero_and_a_size_fits_64_bits() public {
        refused = (abi.encodeWithSelector(IImageRegistry.ZeroRoot.selector, CLINIC));
        anchor(SENDER, 1, 9, 0, NONE);

        anchor(SENDER, 1, type(uint64).max, NAME, NONE);
        refused = (abi.encodeWithSelector(IImageRegistry.SizeTooLarge.selector, CLINIC, uint256(1) << 64));
        register(SENDER, 2, type(uint64).max, new bytes32[](64), someLeaves(2, 1));
    }

    function test_a_single_zero_leaf_gives_no_head() public {
        refused = (abi.encodeWithSelector(IImageRegistry.ZeroRoot.selector, CLINIC));
        register(SENDER, 1, 0, NONE, new bytes32[](1));
    }

    function testFuzz_only_a_sender_in_use_moves_a_head(address stranger) public {
        vm.assume(stranger != SENDER);
        refused = (abi.encodeWithSelector(IImageRegistry.UnknownSender.selector, stranger));
        register(stranger, 1, 0, NONE, someLeaves(1, 1));

        vm.prank(ADMIN);
        registry.retireSender(SENDER);
        bytes memory reason = abi.encodeWithSelector(IImageRegistry.SenderIsRetired.selector, SENDER, START);
        refused = reason;
        register(SENDER, 1, 0, NONE, someLeaves(1, 1));
        refused = reason;
        anchor(SENDER, 1, 9, NAME, NONE);
    }

    function test_a_suspended_registrar_moves_nothing_until_active_again() public {
        vm.prank(ADMIN);
        registry.setStatus(CLINIC, IImageRegistry.RegistrarStatus.Suspended);
        refused =
        (abi.encodeWithSelector(
                IImageRegistry.RegistrarNotActive.selector, CLINIC, IImageRegistry.RegistrarStatus.Suspended
            ));
        register(SENDER, 1, 0, NONE, someLeaves(1, 1));
        vm.prank(ADMIN);
        registry.setStatus(CLINIC, IImageRegistry.RegistrarStatus.Active);
        fill(someLeaves(1, 1));
    }

    function test_two_senders_of_a_registrar_share_one_log() public {
        vm.prank(ADMIN);
        registry.addSender(CLINIC, address(7));
        bytes32[] memory all = someLeaves(1, 2);
        fill(slice(all, 0, 1));
        register(address(7), 2, 1, slice(all, 0, 1), slice(all, 1, 2));
        assertHead(CLINIC, 2, 2, Oracle.root(all));
    }

    function testFuzz_every_leaf_is_proven_and_no_other(uint256 seed, uint256 size, uint256 index) public {
        size = within(size, 1, 130);
        index = index % size;
        bytes32[] memory leaves = someLeaves(seed, size);
        fill(leaves);
        bytes32[] memory path = Oracle.path(leaves, index, 0, size);
        uint64 n = uint64(size);
        uint64 i = uint64(index);
        vm.assertTrue(registry.verifyInclusion(CLINIC, 1, n, leaves[index], i, path), "included");
        vm.assertFalse(registry.verifyInclusion(CLINIC, 1, n, NAME, i, path), "another leaf");
        vm.assertFalse(registry.verifyInclusion(CLINIC, 2, n, leaves[index], i, path), "no such head");
        vm.assertFalse(registry.verifyInclusion(NAME, 1, n, leaves[index], i, path), "no such registrar");
        vm.assertFalse(registry.verifyInclusion(CLINIC, 1, n, leaves[index], n, path), "beyond the end");
        vm.assertFalse(registry.verifyInclusion(CLINIC, 1, 0, leaves[index], 0, path), "empty tree");
        if (path.length == 0) return;
        vm.assertFalse(
            registry.verifyInclusion(CLINIC, 1, n, leaves[index], i, slice(path, 0, path.length - 1)), "cut path"
        );
        vm.assertFalse(registry.verifyInclusion(CLINIC, 1, n, leaves[index], i ^ 1, path), "another index");
    }

    function test_a_failing_hash_moves_nothing() public {
        vm.mockCallRevert(address(2), "", "");
        refused = (abi.encodeWithSelector(IImageRegistry.HashFailed.selector));
        register(SENDER, 1, 0, NONE, someLeaves(1, 2));
        refused = (abi.encodeWithSelector(IImageRegistry.HashFailed.selector));
        register(SENDER, 1, 0, NONE, someLeaves(1, 3));
    }

    function fill(bytes32[] memory leaves) private {
        register(SENDER, 1, 0, NONE, leaves);
    }

    /// @dev Called with all arguments ready: hashing them is a call too, and would use the prank up.
    function register(address from, uint64 sequence, uint64 size, bytes32[] memory peaks, bytes32[] memory leaves)
        private
    {
        expectRefusal();
        vm.prank(from);
        registry.register(sequence, size, peaks, leaves);
    }

    function anchor(address from, uint64 sequence, uint64 size, bytes32 root, bytes32[] memory proof) private {
        expectRefusal();
        vm.prank(from);
        registry.anchor(sequence, size, root, proof);
    }

    function expectRefusal() private {
        if (refused.length != 0) vm.expectRevert(refused);
        refused = "";
    }
}
