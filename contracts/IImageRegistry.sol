// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title A directory of registrars and one append-only image log for each of them
/// @notice A log is a Merkle tree as in RFC 9162, section 2.1: SHA-256, leaf hash SHA-256(0x00 || entry),
/// node hash SHA-256(0x01 || left || right). The contract sees leaf hashes and roots, never an entry.
/// A head (sequence, size, root) only ever moves forward: its sequence by exactly one, its size by at least one,
/// and its new tree always contains the old one as a prefix.
interface IImageRegistry {
    /// @notice Whether a registrar may move its head. `Retired` is terminal.
    enum RegistrarStatus {
        Unknown,
        Active,
        Suspended,
        Retired
    }

    /// @param nameHash what identifies the registrar off chain, hashed by the directory; not interpreted here
    /// @param status `Unknown` when there is no such registrar
    /// @param addedAt block time of addRegistrar, Unix seconds
    /// @param compromisedSince from when its signatures deserve no trust, Unix seconds; 0 = never
    struct Registrar {
        bytes32 nameHash;
        RegistrarStatus status;
        uint64 addedAt;
        uint64 compromisedSince;
    }

    /// @param registrar whom the address acts, or acted, for; zero when it was never a sender
    /// @param addedAt block time at which it became a sender, Unix seconds
    /// @param retiredAt block time at which it was retired, Unix seconds; 0 = in use
    struct Sender {
        bytes32 registrar;
        uint64 addedAt;
        uint64 retiredAt;
    }

    /// @param sequence number of moves so far; 0 = the log is empty
    /// @param size leaves in the tree
    /// @param root Merkle tree hash of these leaves; zero when the log is empty
    struct Head {
        uint64 sequence;
        uint64 size;
        bytes32 root;
    }

    /// @notice A registrar entered the directory, with status `Active`.
    event RegistrarAdded(bytes32 indexed registrar, bytes32 nameHash);
    /// @notice A registrar's status became another one.
    event RegistrarStatusChanged(bytes32 indexed registrar, RegistrarStatus status);
    /// @notice A registrar counts as compromised from `since` on (Unix seconds).
    event RegistrarCompromised(bytes32 indexed registrar, uint64 since);
    /// @notice An address may from now on move the registrar's head.
    event SenderAdded(bytes32 indexed registrar, address indexed sender);
    /// @notice An address may not move the registrar's head any more, nor ever again.
    event SenderRetired(bytes32 indexed registrar, address indexed sender);
    /// @notice The leaf hash `leaf` now stands at position `index` (from 0) of the registrar's log.
    event ImageRegistered(bytes32 indexed registrar, bytes32 indexed leaf, uint64 index);
    /// @notice The registrar's log has this head now.
    event HeadAdvanced(bytes32 indexed registrar, uint64 indexed sequence, uint64 size, bytes32 root);

    /// @notice The registrar's identifier must not be zero.
    error ZeroRegistrar();
    /// @notice No registrar of this identifier is in the directory.
    error UnknownRegistrar(bytes32 registrar);
    /// @notice The identifier is taken.
    error RegistrarExists(bytes32 registrar);
    /// @notice The registrar's status forbids the call.
    error RegistrarNotActive(bytes32 registrar, RegistrarStatus status);
    /// @notice The status can't change in this way.
    error StatusChangeRefused(bytes32 registrar, RegistrarStatus current, RegistrarStatus requested);
    /// @notice `since` is zero, in the future (`latest` is the block time), or not earlier than the date kept
    /// (`latest` is then that date less one).
    error CompromiseDateRefused(bytes32 registrar, uint64 since, uint64 latest);
    /// @notice A sender's address must not be zero.
    error ZeroSender();
    /// @notice The address is not a sender of any registrar.
    error UnknownSender(address sender);
    /// @notice The address is or was a sender of `registrar` and can't be given out again.
    error SenderExists(address sender, bytes32 registrar);
    /// @notice The sender was retired at `retiredAt`.
    error SenderIsRetired(address sender, uint64 retiredAt);
    /// @notice The head's next sequence is `expected`.
    error UnexpectedSequence(bytes32 registrar, uint64 expected, uint64 given);
    /// @notice The head's size is `expected`.
    error UnexpectedSize(bytes32 registrar, uint64 expected, uint64 given);
    /// @notice The new size must be larger than `current`.
    error SizeNotLarger(bytes32 registrar, uint64 current, uint64 given);
    /// @notice The new size would exceed 2^64 - 1.
    error SizeTooLarge(bytes32 registrar, uint256 size);
    /// @notice A tree of that size has `expected` peaks.
    error UnexpectedPeakCount(bytes32 registrar, uint256 expected, uint256 given);
    /// @notice The peaks lead to `given`, the root kept is `expected`.
    error UnexpectedRoot(bytes32 registrar, bytes32 expected, bytes32 given);
    /// @notice A registration needs at least one leaf.
    error NoLeaves(bytes32 registrar);
    /// @notice A head's root must not be zero.
    error ZeroRoot(bytes32 registrar);
    /// @notice The proof does not show that the tree (`size`, `root`) continues the tree kept.
    error InconsistentHead(bytes32 registrar, uint64 size, bytes32 root);
    /// @notice The SHA-256 precompile (address 2) did not answer.
    error HashFailed();

    /// @notice Adds a registrar with its first sender; its status is `Active`. Directory only.
    /// @param registrarId its identifier, not zero and not in use
    /// @param nameHash what identifies it off chain
    /// @param account an address that never was a sender
    function addRegistrar(bytes32 registrarId, bytes32 nameHash, address account) external;

    /// @notice Changes a registrar's status: any change between `Active` and `Suspended`, or to `Retired`, from
    /// which there is no way back. Directory only.
    function setStatus(bytes32 registrarId, RegistrarStatus status) external;

    /// @notice Marks a registrar as compromised from `since` on. This changes no status and no log: a verifier
    /// decides what it means for a registration made after that date. Directory only.
    /// @param since Unix seconds, not zero, not after the block time, and earlier than any date given before
    function markCompromised(bytes32 registrarId, uint64 since) external;

    /// @notice Gives a registrar that is not retired one more sender. All its senders are in use at the same time
    /// until retired, so keys rotate with overlap. Directory only.
    function addSender(bytes32 registrarId, address account) external;

    /// @notice Retires a sender for ever. Directory only.
    function retireSender(address account) external;

    /// @notice Appends leaves to the caller's log. Afterwards the head is (`sequence`, `size` + leaves.length, root
    /// of the grown tree); one ImageRegistered a leaf and then one HeadAdvanced were emitted.
    /// @param sequence the sequence of the new head: the present one plus one
    /// @param size the present size
    /// @param peaks roots of the perfect subtrees of the present tree, from the largest (left) to the smallest
    /// (right): one for each bit set in `size`
    /// @param leaves leaf hashes in log order, at least one
    function register(uint64 sequence, uint64 size, bytes32[] calldata peaks, bytes32[] calldata leaves) external;

    /// @notice Moves the caller's head without showing the leaves. Afterwards the head is (`sequence`, `size`, `root`)
    /// and one HeadAdvanced was emitted. The first move of a log needs no proof.
    /// @param sequence the sequence of the new head: the present one plus one
    /// @param size the new size, larger than the present one
    /// @param root the new root, not zero
    /// @param proof consistency proof from the present size to the new one, RFC 9162, section 2.1.4; empty for the
    /// first move
    function anchor(uint64 sequence, uint64 size, bytes32 root, bytes32[] calldata proof) external;

    /// @return the registrar's present head; all zero when its log is empty or it does not exist
    function headOf(bytes32 registrarId) external view returns (Head memory);

    /// @return the root that the registrar's head had at `sequence`; zero when there was none
    function rootAt(bytes32 registrarId, uint64 sequence) external view returns (bytes32);

    /// @return the registrar that `account` acts or, once retired, acted for; zero when it never was a sender
    function registrarOf(address account) external view returns (bytes32);

    /// @return the directory's entry; status `Unknown` when there is none
    function registrar(bytes32 registrarId) external view returns (Registrar memory);

    /// @return the directory's entry of an address; all zero when it never was a sender
    function sender(address account) external view returns (Sender memory);

    /// @notice Checks an inclusion proof, RFC 9162, section 2.1.3.2, against the root kept for `sequence`.
    /// @dev `size` is the caller's claim: sizes of past heads stand in events, not in storage. What is proven is that
    /// `leaf` is committed to by the kept root along this path; that the path is the one of position `index` holds
    /// as far as `size` is right, so take it from HeadAdvanced.
    /// @return whether the path leads to the root; false when there is no such root
    function verifyInclusion(
        bytes32 registrarId,
        uint64 sequence,
        uint64 size,
        bytes32 leaf,
        uint64 index,
        bytes32[] calldata proof
    ) external view returns (bool);
}
