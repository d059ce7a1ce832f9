// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {IImageRegistry} from "./IImageRegistry.sol";
import {MerkleLog} from "./MerkleLog.sol";

/// @title The registry of MedSeal
/// @notice Not upgradeable, holds no ether, calls no other contract but the SHA-256 precompile.
contract ImageRegistry is IImageRegistry, AccessControlDefaultAdminRules {
    /// @notice May add registrars, change their status and rotate their senders; can never touch a log.
    bytes32 public constant DIRECTORY_ROLE = keccak256("DIRECTORY_ROLE");

    /// @dev One storage slot: moving a head reads and rewrites this, and writes one new root.
    struct Log {
        uint64 sequence;
        uint64 size;
        RegistrarStatus status;
    }

    /// @dev The rest of a registrar, which moving a head does not need.
    struct Profile {
        bytes32 nameHash;
        uint64 addedAt;
        uint64 compromisedSince;
    }

    mapping(bytes32 registrarId => Log) private _logs;
    mapping(bytes32 registrarId => mapping(uint64 sequence => bytes32)) private _roots;
    mapping(bytes32 registrarId => Profile) private _profiles;
    mapping(address account => Sender) private _senders;
    /// @dev Senders in use only, so that moving a head reads one slot to know its registrar.
    mapping(address account => bytes32 registrarId) private _acting;

    /// @param initialDelay seconds between the announcement of a new default admin and its acceptance
    /// @param admin the default admin, also given DIRECTORY_ROLE
    constructor(uint48 initialDelay, address admin) AccessControlDefaultAdminRules(initialDelay, admin) {
        _grantRole(DIRECTORY_ROLE, admin);
    }

    /// @inheritdoc IImageRegistry
    function addRegistrar(bytes32 registrarId, bytes32 nameHash, address account) external onlyRole(DIRECTORY_ROLE) {
        if (registrarId == 0) revert ZeroRegistrar();
        if (_logs[registrarId].status != RegistrarStatus.Unknown) revert RegistrarExists(registrarId);
        _logs[registrarId].status = RegistrarStatus.Active;
        _profiles[registrarId] = Profile(nameHash, uint64(block.timestamp), 0);
        emit RegistrarAdded(registrarId, nameHash);
        _addSender(registrarId, account);
    }

    /// @inheritdoc IImageRegistry
    function setStatus(bytes32 registrarId, RegistrarStatus status) external onlyRole(DIRECTORY_ROLE) {
        RegistrarStatus current = _knownStatus(registrarId);
        if (status == RegistrarStatus.Unknown || status == current || current == RegistrarStatus.Retired) {
            revert StatusChangeRefused(registrarId, current, status);
        }
        _logs[registrarId].status = status;
        emit RegistrarStatusChanged(registrarId, status);
    }

    /// @inheritdoc IImageRegistry
    function markCompromised(bytes32 registrarId, uint64 since) external onlyRole(DIRECTORY_ROLE) {
        _knownStatus(registrarId);
        uint64 kept = _profiles[registrarId].compromisedSince;
        uint64 latest = kept == 0 ? uint64(block.timestamp) : kept - 1;
        if (since == 0 || since > latest) revert CompromiseDateRefused(registrarId, since, latest);
        _profiles[registrarId].compromisedSince = since;
        emit RegistrarCompromised(registrarId, since);
    }

    /// @inheritdoc IImageRegistry
    function addSender(bytes32 registrarId, address account) external onlyRole(DIRECTORY_ROLE) {
        RegistrarStatus status = _knownStatus(registrarId);
        if (status == RegistrarStatus.Retired) revert RegistrarNotActive(registrarId, status);
        _addSender(registrarId, account);
    }

    /// @inheritdoc IImageRegistry
    function retireSender(address account) external onlyRole(DIRECTORY_ROLE) {
        bytes32 registrarId = _registrarOfActing(account);
        delete _acting[account];
        _senders[account].retiredAt = uint64(block.timestamp);
        emit SenderRetired(registrarId, account);
    }

    /// @inheritdoc IImageRegistry
    function register(uint64 sequence, uint64 size, bytes32[] calldata peaks, bytes32[] calldata leaves) external {
        (bytes32 registrarId, uint64 current, uint64 oldSize) = _begin(sequence);
        if (size != oldSize) revert UnexpectedSize(registrarId, oldSize, size);
        if (leaves.length == 0) revert NoLeaves(registrarId);
        uint256 newSize = uint256(size) + leaves.length;
        if (newSize > type(uint64).max) revert SizeTooLarge(registrarId, newSize);

        bytes32[] memory nodes = MerkleLog.join(peaks, leaves);
        _checkPeaks(nodes, peaks.length, registrarId, current, size);
        _emitRegistered(registrarId, size, leaves);
        bytes32 root = MerkleLog.grow(nodes, peaks.length, size, leaves.length);
        _advance(registrarId, sequence, uint64(newSize), root);
    }

    /// @inheritdoc IImageRegistry
    function anchor(uint64 sequence, uint64 size, bytes32 root, bytes32[] calldata proof) external {
        (bytes32 registrarId, uint64 current, uint64 oldSize) = _begin(sequence);
        if (size <= oldSize) revert SizeNotLarger(registrarId, oldSize, size);
        if (!MerkleLog.isConsistent(oldSize, _roots[registrarId][current], size, root, proof)) {
            revert InconsistentHead(registrarId, size, root);
        }
        _advance(registrarId, sequence, size, root);
    }

    /// @inheritdoc IImageRegistry
    function headOf(bytes32 registrarId) external view returns (Head memory) {
        Log storage log = _logs[registrarId];
        return Head(log.sequence, log.size, _roots[registrarId][log.sequence]);
    }

    /// @inheritdoc IImageRegistry
    function rootAt(bytes32 registrarId, uint64 sequence) external view returns (bytes32) {
        return _roots[registrarId][sequence];
    }

    /// @inheritdoc IImageRegistry
    function registrarOf(address account) external view returns (bytes32) {
        return _senders[account].registrar;
    }

    /// @inheritdoc IImageRegistry
    function registrar(bytes32 registrarId) external view returns (Registrar memory) {
        Profile storage profile = _profiles[registrarId];
        return Registrar(profile.nameHash, _logs[registrarId].status, profile.addedAt, profile.compromisedSince);
    }

    /// @inheritdoc IImageRegistry
    function sender(address account) external view returns (Sender memory) {
        return _senders[account];
    }

    /// @inheritdoc IImageRegistry
    function verifyInclusion(
        bytes32 registrarId,
        uint64 sequence,
        uint64 size,
        bytes32 leaf,
        uint64 index,
        bytes32[] calldata proof
    ) external view returns (bool) {
        bytes32 root = _roots[registrarId][sequence];
        return root != 0 && MerkleLog.isIncluded(size, root, leaf, index, proof);
    }

    function _addSender(bytes32 registrarId, address account) private {
        if (account == address(0)) revert ZeroSender();
        Sender storage entry = _senders[account];
        if (entry.registrar != 0) revert SenderExists(account, entry.registrar);
        entry.registrar = registrarId;
        entry.addedAt = uint64(block.timestamp);
        _acting[account] = registrarId;
        emit SenderAdded(registrarId, account);
    }

    function _knownStatus(bytes32 registrarId) private view returns (RegistrarStatus status) {
        status = _logs[registrarId].status;
        if (status == RegistrarStatus.Unknown) revert UnknownRegistrar(registrarId);
    }

    function _registrarOfActing(address account) private view returns (bytes32 registrarId) {
        registrarId = _acting[account];
        if (registrarId != 0) return registrarId;
        if (_senders[account].registrar == 0) revert UnknownSender(account);
        revert SenderIsRetired(account, _senders[account].retiredAt);
    }

    /// @dev The registrar that msg.sender may act for now, and the position of its log, once it is clear that
    /// `sequence` is the next.
    function _begin(uint64 sequence) private view returns (bytes32 registrarId, uint64 current, uint64 size) {
        registrarId = _registrarOfActing(msg.sender);
        Log memory log = _logs[registrarId];
        if (log.status != RegistrarStatus.Active) revert RegistrarNotActive(registrarId, log.status);
        if (sequence != log.sequence + 1) revert UnexpectedSequence(registrarId, log.sequence + 1, sequence);
        return (registrarId, log.sequence, log.size);
    }

    /// @dev Returns when the first `given` of `nodes` are the peaks of the present tree.
    function _checkPeaks(bytes32[] memory nodes, uint256 given, bytes32 registrarId, uint64 current, uint256 size)
        private
        view
    {
        uint256 count = MerkleLog.peakCount(size);
        if (given != count) revert UnexpectedPeakCount(registrarId, count, given);
        if (count == 0) return;
        bytes32 expected = _roots[registrarId][current];
        bytes32 root = MerkleLog.fold(nodes, count);
        if (root != expected) revert UnexpectedRoot(registrarId, expected, root);
    }

    /// @dev `emit ImageRegistered(registrarId, leaf, index)` for each leaf, from index `size` on. In assembly for the
    /// hundred gas an image that the abi encoder and the bounds checks would take.
    function _emitRegistered(bytes32 registrarId, uint256 size, bytes32[] calldata leaves) private {
        bytes32 topic = ImageRegistered.selector;
        assembly ("memory-safe") {
            let end := add(leaves.offset, shl(5, leaves.length))
            for { let leaf := leaves.offset } lt(leaf, end) { leaf := add(leaf, 32) } {
                mstore(0, size)
                log3(0, 32, topic, registrarId, calldataload(leaf))
                size := add(size, 1)
            }
        }
    }

    function _advance(bytes32 registrarId, uint64 sequence, uint64 size, bytes32 root) private {
        if (root == 0) revert ZeroRoot(registrarId);
        Log storage log = _logs[registrarId];
        log.sequence = sequence;
        log.size = size;
        _roots[registrarId][sequence] = root;
        emit HeadAdvanced(registrarId, sequence, size, root);
    }
}
