// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStake} from "./IStake.sol";

/// @title Where the committee's checkpoints are verified, once for all rollups
/// @notice Nobody owns it: whoever holds a quorum's signature may finalize, and every rollup may read.
interface IHub {
    /// @notice What a quorum signs every few blocks. Totals are cumulative, so a later checkpoint replaces all earlier ones.
    /// @param number Counts checkpoints from 1; gaps are fine.
    /// @param epoch The committee that signs.
    /// @param height The sequencer's block, also the slot of the signed digest.
    /// @param blockHash Hash of that block.
    /// @param rollupsRoot Root over the running totals of all rollups, see RollupTree.
    /// @param next Zero, or in the last checkpoint of an epoch what binds the next committee.
    struct Checkpoint {
        uint64 number;
        uint64 epoch;
        uint64 height;
        bytes32 blockHash;
        bytes32 rollupsRoot;
        bytes32 next;
    }

    /// @notice What a validator signed, but for domain and epoch.
    /// @param kind See Messages: PREPARE 1, COMMIT 2, SKIP 3, CHECKPOINT 4, RELEASE 5.
    /// @param slot View of a vote, height of a checkpoint or of a block whose decryption shares are given.
    /// @param payload Hash of a block or of a checkpoint; zero for a SKIP.
    struct Signed {
        uint8 kind;
        uint64 slot;
        bytes32 payload;
    }

    /// @notice How long things last, seconds.
    /// @param epoch An epoch at least, before its successor's committee can be prepared.
    /// @param firstEpoch The first one. Its committee may have no key that transactions are sealed to, and then makes one
    /// only as it hands over.
    /// @param unbonding See `IStake.UNBONDING`.
    struct Spans {
        uint64 epoch;
        uint64 firstEpoch;
        uint64 unbonding;
    }

    /// @notice A checkpoint has become final. `count` is how many have, and names the root for `rootAt`.
    event Finalized(
        uint64 indexed number,
        uint64 indexed epoch,
        uint64 height,
        uint32 count,
        bytes32 blockHash,
        bytes32 rollupsRoot
    );

    /// @notice A committee may follow: all who take part in the stake, each of weight 1.
    /// @param keys Their BLS keys in the committee's order, 96 bytes each.
    /// @param networkKeys Their network keys in that order, 32 bytes each.
    event Prepared(uint64 indexed epoch, bytes32 committee, bytes keys, bytes networkKeys);

    /// @notice An epoch has begun: from here on its committee signs.
    /// @param sealing What binds the rest of the committee: its network keys and the key that transactions are sealed to.
    event Rotated(uint64 indexed epoch, bytes32 committee, bytes32 sealing);

    /// @notice An operator has signed what excludes each other, and loses its stake.
    event Convicted(address indexed operator, uint64 indexed epoch, uint8 first, uint8 second, uint64 slot);

    /// @notice The chain lacks the BLS12-381 precompiles of EIP-2537.
    error Unavailable();
    /// @notice A checkpoint of this or a later number is final already.
    error Stale(uint64 number, uint64 last);
    /// @notice The checkpoint is of another epoch than the current one.
    error WrongEpoch(uint64 epoch, uint64 current);
    /// @notice The checkpoint is the last of its epoch: `rotate` takes it.
    error HandsOver(bytes32 next);
    /// @notice The checkpoint does not hand over to this committee, or nobody has prepared it.
    error UnknownCommittee(bytes32 next);
    /// @notice Too few take part to make a committee.
    error TooFew(uint256 members, uint256 least);
    /// @notice The next committee can be prepared from `from` on (seconds).
    error TooEarly(uint64 from);
    /// @notice The head is not of the committee of this epoch, or the records do not make a committee.
    error BadCommittee();
    /// @notice The list of absent members is not in order, not theirs, or not of the right length.
    error BadSigners();
    /// @notice Those who are not absent do not weigh more than two thirds.
    error NoQuorum(uint256 weight, uint256 total);
    /// @notice The signature is not theirs over this checkpoint.
    error BadSignature();
    /// @notice An honest validator may sign both.
    error NotConflicting();
    /// @notice No operator has registered this key.
    error UnknownKey(bytes32 keyHash);
    /// @notice No root is kept under this count: it is yet to come, or older than the last 64.
    error NoRoot(uint32 count);

    /// @notice Makes a checkpoint final. Anyone may call it.
    /// @param head The committee's head, 138 bytes.
    /// @param absent The members that did not sign, as `Committee` reads them; empty when all did.
    /// @param signature Aggregate of the others over `checkpointDigest`, 256 EIP-2537 bytes.
    function finalize(
        Checkpoint calldata checkpoint,
        bytes calldata head,
        bytes calldata absent,
        bytes calldata signature
    ) external;

    /// @notice Shows the hub a committee that may follow the current one: everyone who takes part in the stake now. Anyone
    /// may call it, once the epoch has lasted long enough; again after as long, if nobody has handed over by then.
    /// @param keys See `IStake.membersOf`.
    function prepare(bytes calldata keys) external;

    /// @notice Makes the last checkpoint of an epoch final, with which the next epoch begins. Anyone may call it.
    /// @param committee Hash of the next committee's head, one that was prepared.
    /// @param sealing With `committee` the preimage of `checkpoint.next`: keccak256(abi.encode(committee, sealing)).
    function rotate(
        Checkpoint calldata checkpoint,
        bytes calldata head,
        bytes calldata absent,
        bytes calldata signature,
        bytes32 committee,
        bytes32 sealing
    ) external;

    /// @notice Shows that a validator signed two statements of one epoch and slot that no honest one signs both: of one kind
    /// with different payloads, or (in this order) a COMMIT and a SKIP of one view. Its stake is slashed. Anyone may call it,
    /// and has a part of the stake for it.
    /// @param key The validator's, 96 bytes.
    /// @param signature Sum of its two signatures, 256 EIP-2537 bytes.
    function convict(
        bytes calldata key,
        uint64 epoch,
        Signed calldata first,
        Signed calldata second,
        bytes calldata signature
    ) external;

    /// @notice Root over all rollups' totals of the `count`-th final checkpoint, one of the last 64.
    function rootAt(uint32 count) external view returns (bytes32);

    /// @notice Whether `root` is the root of one of the last 64 final checkpoints, namely of the `count`-th.
    /// @dev Cheaper than `rootAt`: which counts are in the ring need not be known, for what is in it is final and recent.
    function isRecent(bytes32 root, uint32 count) external view returns (bool);

    /// @notice Whether this very transaction has made a checkpoint final. Who posts can be paid for it then, and nobody else.
    function finalizedHere() external view returns (bool);

    /// @notice Number and epoch of the last checkpoint, how many there were, and when it came (seconds).
    function latest() external view returns (uint64 number, uint64 epoch, uint32 count, uint64 lastAt);

    /// @notice Hash of an epoch's committee: keccak256 of its head.
    function committees(uint64 epoch) external view returns (bytes32);

    /// @notice What binds the rest of an epoch's committee, see `Rotated`; zero for the committee of genesis.
    function sealings(uint64 epoch) external view returns (bytes32);

    /// @notice When a committee for this epoch was last prepared (seconds), or zero.
    function preparedAt(uint64 epoch) external view returns (uint64);

    /// @notice Whether this committee may begin this epoch.
    function isPrepared(uint64 epoch, bytes32 committee) external view returns (bool);

    /// @notice The last epoch for which there is a committee, be it only prepared.
    function preparedEpoch() external view returns (uint64);

    /// @notice When an epoch began (seconds), or zero.
    function startedAt(uint64 epoch) external view returns (uint64);

    /// @notice From when on the next committee can be prepared, or prepared again (seconds).
    function preparableFrom() external view returns (uint64);

    /// @notice How long an epoch lasts at least (seconds), see `Spans`.
    function EPOCH_LENGTH() external view returns (uint64);

    /// @notice How long the first epoch lasts at least (seconds).
    function FIRST_EPOCH_LENGTH() external view returns (uint64);

    /// @notice When an epoch ended (seconds), or zero.
    function endedAt(uint64 epoch) external view returns (uint64);

    /// @notice The first word of every signed digest: this chain and this hub.
    function DOMAIN() external view returns (bytes32);

    /// @notice The stake of the validators. Deployed by the hub, so that neither can be exchanged.
    function STAKE() external view returns (IStake);

    /// @notice The 32 bytes that validators sign for a checkpoint.
    function checkpointDigest(Checkpoint calldata checkpoint) external view returns (bytes32);
}
