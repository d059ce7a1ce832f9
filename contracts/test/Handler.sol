// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ImageRegistry} from "../ImageRegistry.sol";
import {IImageRegistry} from "../IImageRegistry.sol";
import {Base} from "./Base.sol";
import {Oracle} from "./Oracle.sol";

/// @dev What the invariant test lets forge do in random order: honest moves of two logs, attacks, and directory
/// changes. It keeps its own copy of every leaf and root, and remembers whether anything ever went wrong.
contract Handler is Base {
    bytes32 internal constant LAB = keccak256("lab");

    bytes32[2] internal ids = [CLINIC, LAB];
    address[2] internal acting = [SENDER, address(0x52)];
    address[] internal retired;
    mapping(bytes32 => bytes32[]) internal leavesOf;
    mapping(bytes32 => bytes32[]) internal rootsOf;
    uint160 internal fresh = 0x1000;

    bool public attackSucceeded;
    bool public sequenceJumped;
    bool public sizeFell;

    constructor() {
        deploy();
        vm.prank(ADMIN);
        registry.addRegistrar(LAB, NAME, acting[1]);
    }

    /// @dev Compares both heads before and after the call.
    modifier watched() {
        IImageRegistry.Head[2] memory before = heads();
        _;
        IImageRegistry.Head[2] memory later = heads();
        for (uint256 i = 0; i < 2; ++i) {
            if (later[i].size < before[i].size) sizeFell = true;
            bool moved = later[i].root != before[i].root || later[i].size != before[i].size;
            if (later[i].sequence != before[i].sequence + (moved ? 1 : 0)) sequenceJumped = true;
        }
    }

    function registerImages(uint256 who, uint256 seed, uint256 count) external watched {
        (bytes32 id, address account) = pick(who);
        activate(id);
        bytes32[] memory leaves = someLeaves(seed, within(count, 1, 9));
        bytes32[] memory old = leavesOf[id];
        bytes32[] memory peaks = Oracle.peaks(old);
        vm.prank(account);
        registry.register(nextSequence(id), uint64(old.length), peaks, leaves);
        note(id, leaves);
    }

    function anchorImages(uint256 who, uint256 seed, uint256 count) external watched {
        (bytes32 id, address account) = pick(who);
        activate(id);
        uint256 first = leavesOf[id].length;
        bytes32[] memory leaves = someLeaves(seed, within(count, 1, 9));
        note(id, leaves);
        bytes32[] memory all = leavesOf[id];
        bytes32[] memory proof = first == 0 ? new bytes32[](0) : Oracle.proof(all, first);
        bytes32 root = Oracle.root(all);
        vm.prank(account);
        registry.anchor(uint64(rootsOf[id].length), uint64(all.length), root, proof);
    }

    /// @dev A right move by somebody who may not make it.
    function moveAsIntruder(uint256 who, address intruder, uint256 choice) external watched {
        (bytes32 id, address account) = pick(who);
        if (choice % 3 == 0) {
            vm.assume(registry.registrarOf(intruder) == 0);
        } else if (choice % 3 == 1) {
            if (retired.length == 0) return;
            intruder = retired[choice % retired.length];
        } else {
            intruder = account;
            setStatus(id, IImageRegistry.RegistrarStatus.Suspended);
        }
        attackRegister(intruder, nextSequence(id), leavesOf[id]);
    }

    /// @dev The own registrar's sender with a sequence that is not the next one.
    function skipOrRepeat(uint256 who, uint64 sequence) external watched {
        (bytes32 id, address account) = pick(who);
        activate(id);
        vm.assume(sequence != nextSequence(id));
        attackRegister(account, sequence, leavesOf[id]);
    }

    /// @dev Continues a log in which one old leaf is another.
    function fork(uint256 who, uint256 where) external watched {
        (bytes32 id, address account) = pick(who);
        activate(id);
        bytes32[] memory old = leavesOf[id];
        if (old.length == 0) return;
        old[where % old.length] ^= bytes32(uint256(1));
        attackRegister(account, nextSequence(id), old);
        bytes32[] memory all = new bytes32[](old.length + 1);
        for (uint256 i = 0; i < old.length; ++i) {
            all[i] = old[i];
        }
        attackAnchor(account, nextSequence(id), all, Oracle.proof(all, old.length));
    }

    /// @dev Goes back to a shorter log.
    function shrink(uint256 who, uint256 length) external watched {
        (bytes32 id, address account) = pick(who);
        activate(id);
        bytes32[] memory old = leavesOf[id];
        if (old.length < 2) return;
        bytes32[] memory shorter = slice(old, 0, within(length, 1, old.length));
        attackAnchor(account, nextSequence(id), shorter, new bytes32[](0));
        if (shorter.length < old.length) attackRegister(account, nextSequence(id), shorter);
    }

    function rotate(uint256 who) external watched {
        (bytes32 id, address account) = pick(who);
        address next = address(++fresh);
        vm.prank(ADMIN);
        registry.addSender(id, next);
        vm.prank(ADMIN);
        registry.retireSender(account);
        retired.push(account);
        acting[who % 2] = next;
    }

    /// @dev Whether head, and root at every sequence, are those of the handler's own copy.
    function agrees() external view returns (bool) {
        for (uint256 i = 0; i < 2; ++i) {
            IImageRegistry.Head memory head = registry.headOf(ids[i]);
            bytes32[] storage roots = rootsOf[ids[i]];
            if (head.size != leavesOf[ids[i]].length || head.sequence != roots.length) return false;
            for (uint64 s = 1; s <= roots.length; ++s) {
                if (registry.rootAt(ids[i], s) != roots[s - 1]) return false;
            }
            if (registry.rootAt(ids[i], uint64(roots.length + 1)) != 0) return false;
        }
        return true;
    }

    function attackRegister(address account, uint64 sequence, bytes32[] memory old) private {
        bytes32[] memory peaks = Oracle.peaks(old);
        vm.prank(account);
        try registry.register(sequence, uint64(old.length), peaks, someLeaves(1, 2)) {
            attackSucceeded = true;
        } catch {}
    }

    function attackAnchor(address account, uint64 sequence, bytes32[] memory all, bytes32[] memory proof) private {
        bytes32 root = Oracle.root(all);
        vm.prank(account);
        try registry.anchor(sequence, uint64(all.length), root, proof) {
            attackSucceeded = true;
        } catch {}
    }

    function note(bytes32 id, bytes32[] memory leaves) private {
        for (uint256 i = 0; i < leaves.length; ++i) {
            leavesOf[id].push(leaves[i]);
        }
        rootsOf[id].push(Oracle.root(leavesOf[id]));
    }

    function pick(uint256 who) private view returns (bytes32, address) {
        return (ids[who % 2], acting[who % 2]);
    }

    function nextSequence(bytes32 id) private view returns (uint64) {
        return uint64(rootsOf[id].length + 1);
    }

    function activate(bytes32 id) private {
        setStatus(id, IImageRegistry.RegistrarStatus.Active);
    }

    function setStatus(bytes32 id, IImageRegistry.RegistrarStatus status) private {
        if (registry.registrar(id).status == status) return;
        vm.prank(ADMIN);
        registry.setStatus(id, status);
    }

    function heads() private view returns (IImageRegistry.Head[2] memory both) {
        for (uint256 i = 0; i < 2; ++i) {
            both[i] = registry.headOf(ids[i]);
        }
    }
}
