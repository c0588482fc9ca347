// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHub} from "./IHub.sol";
import {IRollups, RollupId} from "./IRollups.sol";

/// @title What one rollup knows of its sequencer on chain
/// @notice It takes its totals from final checkpoints, and keeps an inbox that the sequencer must read. Anyone may settle;
/// the owner may do one thing alone, announce a move to another hub that takes effect after a delay.
interface ISettlement {
    /// @notice A rollup's running totals, as a checkpoint carries them in the rollup's leaf.
    /// @param batches How many batches have been opened for it.
    /// @param inboxRead How many inbox messages they have taken in.
    /// @param spent Fee units charged to what it has prepaid, see `IRollups.collect`.
    /// @param earned The part of `spent` that is the rollup's own: what it was charged above the base fee.
    /// @param batchesHash Hash chain over the batches.
    /// @param inboxHash Hash chain over the messages read; must equal this contract's own.
    struct Totals {
        uint64 batches;
        uint64 inboxRead;
        uint64 spent;
        uint64 earned;
        bytes32 batchesHash;
        bytes32 inboxHash;
    }

    /// @notice The totals of a final checkpoint have been taken over.
    event Settled(uint64 indexed batches, uint64 inboxRead, uint32 count, bytes32 batchesHash);

    /// @notice A message has been put into the inbox, as number `index`.
    /// @param timestamp Of the block that holds it, in seconds: part of the message's hash.
    event InboxMessage(
        RollupId indexed rollupId, uint64 indexed index, address sender, uint64 timestamp, bytes data
    );

    /// @notice The owner has announced a move to `hub`, possible from `readyAt` (seconds); zeros withdraw it.
    event HubProposed(IHub hub, uint64 readyAt);
    /// @notice Checkpoints of `hub`, and of no other, count from now on.
    event HubChanged(IHub hub);

    /// @notice The totals are not of this rollup under that checkpoint.
    error NotInCheckpoint();
    /// @notice As many batches are settled already.
    error AlreadySettled(uint64 batches, uint64 settled);
    /// @notice The sequencer claims another inbox than this one, or less of it than before.
    error WrongInbox(uint64 inboxRead);
    /// @notice A message has more bytes than are taken.
    error MessageTooLong(uint256 size, uint256 most);
    /// @notice Only the owner may do this.
    error NotOwner(address caller);
    /// @notice No move has been announced, or its delay is not over.
    error TooEarly();
    /// @notice The delay is shorter than users need to leave.
    error DelayTooShort(uint64 delay, uint64 least);
    /// @notice A contract that this one depends on is missing.
    error NoAddress();

    /// @notice Takes over this rollup's totals from the hub's `count`-th checkpoint, one of its last 64. Anyone may.
    /// @param proof Siblings from this rollup's leaf up to the checkpoint's root.
    function settle(uint32 count, Totals calldata totals, bytes32[] calldata proof) external;

    /// @notice Puts a message into the inbox; the sequencer must take it in. Not sealed: a dead committee opens nothing.
    function enqueue(bytes calldata data) external returns (uint64 index);

    /// @notice Announces a move to another hub (or, with zero, withdraws the announcement). Only the owner may.
    function proposeHub(IHub hub) external;

    /// @notice Completes an announced move after its delay. Anyone may.
    function acceptHub() external;

    /// @notice The totals settled last, and how many messages the inbox has had.
    function settled()
        external
        view
        returns (uint64 batches, uint64 inboxRead, uint64 inboxCount, bytes32 batchesHash);

    /// @notice The hash chain over the first `length` messages: zero, then keccak256(previous | messageHash).
    function inboxHash(uint64 length) external view returns (bytes32);

    /// @notice Hash of a message: keccak256 of its rollup, index, sender, timestamp, and hash of its data, as words.
    function messageHash(uint64 index, address sender, uint64 timestamp, bytes calldata data)
        external
        view
        returns (bytes32);

    /// @notice The hub whose checkpoints count.
    function hub() external view returns (IHub);

    /// @notice The rollup's number in the registry.
    function ID() external view returns (RollupId);

    /// @notice The registry that gave the number.
    function ROLLUPS() external view returns (IRollups);

    /// @notice Who may announce a move to another hub.
    function OWNER() external view returns (address);

    /// @notice How long an announcement stands before it takes effect, in seconds.
    function HUB_DELAY() external view returns (uint64);
}
