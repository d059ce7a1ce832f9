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

    /// @dev One storage slot: moving a head rewrites this and writes one new root.
    struct Position {
        uint64 sequence;
        uint64 size;
    }

    mapping(bytes32 registrarId => Registrar) private _registrars;
    mapping(address account => Sender) private _senders;
    mapping(bytes32 registrarId => Position) private _positions;
    mapping(bytes32 registrarId => mapping(uint64 sequence => bytes32)) private _roots;

    /// @param initialDelay seconds between the announcement of a new default admin and its acceptance
    /// @param admin the default admin, also given DIRECTORY_ROLE
    constructor(uint48 initialDelay, address admin) AccessControlDefaultAdminRules(initialDelay, admin) {
        _grantRole(DIRECTORY_ROLE, admin);
    }

    /// @inheritdoc IImageRegistry
    function addRegistrar(bytes32 registrarId, bytes32 nameHash, address account) external onlyRole(DIRECTORY_ROLE) {
        if (registrarId == 0) revert ZeroRegistrar();
        Registrar storage entry = _registrars[registrarId];
        if (entry.status != RegistrarStatus.Unknown) revert RegistrarExists(registrarId);
        entry.nameHash = nameHash;
        entry.status = RegistrarStatus.Active;
        entry.addedAt = uint64(block.timestamp);
        emit RegistrarAdded(registrarId, nameHash);
        _addSender(registrarId, account);
    }

    /// @inheritdoc IImageRegistry
    function setStatus(bytes32 registrarId, RegistrarStatus status) external onlyRole(DIRECTORY_ROLE) {
        RegistrarStatus current = _known(registrarId).status;
        if (status == RegistrarStatus.Unknown || status == current || current == RegistrarStatus.Retired) {
            revert StatusChangeRefused(registrarId, current, status);
        }
        _registrars[registrarId].status = status;
        emit RegistrarStatusChanged(registrarId, status);
    }

    /// @inheritdoc IImageRegistry
    function markCompromised(bytes32 registrarId, uint64 since) external onlyRole(DIRECTORY_ROLE) {
        Registrar storage entry = _known(registrarId);
        uint64 latest = entry.compromisedSince == 0 ? uint64(block.timestamp) : entry.compromisedSince - 1;
        if (since == 0 || since > latest) revert CompromiseDateRefused(registrarId, since, latest);
        entry.compromisedSince = since;
        emit RegistrarCompromised(registrarId, since);
    }

    /// @inheritdoc IImageRegistry
    function addSender(bytes32 registrarId, address account) external onlyRole(DIRECTORY_ROLE) {
        RegistrarStatus status = _known(registrarId).status;
        if (status == RegistrarStatus.Retired) revert RegistrarNotActive(registrarId, status);
        _addSender(registrarId, account);
    }

    /// @inheritdoc IImageRegistry
    function retireSender(address account) external onlyRole(DIRECTORY_ROLE) {
        Sender storage entry = _inUse(account);
        entry.retiredAt = uint64(block.timestamp);
        emit SenderRetired(entry.registrar, account);
    }

    /// @inheritdoc IImageRegistry
    function register(uint64 sequence, uint64 size, bytes32[] calldata peaks, bytes32[] calldata leaves) external {
        bytes32 registrarId = _caller();
        Position memory position = _next(registrarId, sequence);
        if (size != position.size) revert UnexpectedSize(registrarId, position.size, size);
        if (leaves.length == 0) revert NoLeaves(registrarId);
        uint256 newSize = uint256(size) + leaves.length;
        if (newSize > type(uint64).max) revert SizeTooLarge(registrarId, newSize);

        bytes32[] memory nodes = MerkleLog.join(peaks, leaves);
        _checkPeaks(registrarId, position, nodes, peaks.length);
        _emitRegistered(registrarId, size, leaves);
        bytes32 root = MerkleLog.grow(nodes, peaks.length, size, leaves.length);
        _advance(registrarId, sequence, uint64(newSize), root);
    }

    /// @inheritdoc IImageRegistry
    function anchor(uint64 sequence, uint64 size, bytes32 root, bytes32[] calldata proof) external {
        bytes32 registrarId = _caller();
        Position memory position = _next(registrarId, sequence);
        if (size <= position.size) revert SizeNotLarger(registrarId, position.size, size);
        if (root == 0) revert ZeroRoot(registrarId);
        bytes32 oldRoot = _roots[registrarId][position.sequence];
        if (!MerkleLog.isConsistent(position.size, oldRoot, size, root, proof)) {
            revert InconsistentHead(registrarId, size, root);
        }
        _advance(registrarId, sequence, size, root);
    }

    /// @inheritdoc IImageRegistry
    function headOf(bytes32 registrarId) external view returns (Head memory) {
        Position memory position = _positions[registrarId];
        return Head(position.sequence, position.size, _roots[registrarId][position.sequence]);
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
        return _registrars[registrarId];
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
        emit SenderAdded(registrarId, account);
    }

    function _known(bytes32 registrarId) private view returns (Registrar storage entry) {
        entry = _registrars[registrarId];
        if (entry.status == RegistrarStatus.Unknown) revert UnknownRegistrar(registrarId);
    }

    function _inUse(address account) private view returns (Sender storage entry) {
        entry = _senders[account];
        if (entry.registrar == 0) revert UnknownSender(account);
        if (entry.retiredAt != 0) revert SenderIsRetired(account, entry.retiredAt);
    }

    /// @dev The registrar that msg.sender may act for now.
    function _caller() private view returns (bytes32 registrarId) {
        registrarId = _inUse(msg.sender).registrar;
        RegistrarStatus status = _registrars[registrarId].status;
        if (status != RegistrarStatus.Active) revert RegistrarNotActive(registrarId, status);
    }

    /// @dev The present position, once it is clear that `sequence` follows it.
    function _next(bytes32 registrarId, uint64 sequence) private view returns (Position memory position) {
        position = _positions[registrarId];
        if (sequence != position.sequence + 1) {
            revert UnexpectedSequence(registrarId, position.sequence + 1, sequence);
        }
    }

    /// @dev Returns when the first `given` of `nodes` are the peaks of the present tree.
    function _checkPeaks(bytes32 registrarId, Position memory position, bytes32[] memory nodes, uint256 given)
        private
        view
    {
        uint256 count = MerkleLog.peakCount(position.size);
        if (given != count) revert UnexpectedPeakCount(registrarId, count, given);
        if (count == 0) return;
        bytes32 expected = _roots[registrarId][position.sequence];
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
        _positions[registrarId] = Position(sequence, size);
        _roots[registrarId][sequence] = root;
        emit HeadAdvanced(registrarId, sequence, size, root);
    }
}
