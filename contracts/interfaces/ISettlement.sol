// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHub} from "./IHub.sol";
import {IRollups, RollupId} from "./IRollups.sol";

/// @title What one rollup knows of its sequencer on chain
/// @notice It takes its totals from final checkpoints, and keeps an inbox that the sequencer must read. Anyone may settle;
/// the owner may do one thing alone, announce a move to another hub that takes effect after a delay.
///
/// What the rollup has executed is told by the events here alone, in their order. `Settled` executes the batches up to its
/// own, `Forced` executes its messages after the batches that were settled by then. A message is executed at its first
/// appearance: a batch that reads one that was forced before passes it over, though it counts as read.
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

    /// @notice The messages `from` up to but without `to` are executed, after the first `batches` batches and before any other.
    event Forced(uint64 indexed batches, uint64 from, uint64 to);

    /// @notice The rollup has come to its end here, after so many batches and messages, and its users leave by what they own.
    event EscapeOpened(uint64 batches, uint64 executed);

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
    /// @notice Message `index` has waited for too long, and these totals do not hold it.
    error MessageOverdue(uint64 index);
    /// @notice The message may still be read by the sequencer, until `dueAt` (seconds; zero when there is no such message).
    error NotOverdue(uint64 index, uint64 dueAt);
    /// @notice Messages can be forced behind those that are executed, up to as many as there are.
    error NothingToForce(uint64 executed, uint64 count);
    /// @notice Until `from` (seconds) the sequencer may return.
    error EscapeTooEarly(uint64 from);
    /// @notice The rollup has come to its end here.
    error HasEscaped();
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

    /// @notice Takes over this rollup's totals from the hub's `count`-th checkpoint, one of its last 64. Anyone may. Refused
    /// while a message is overdue that neither the totals hold nor anyone has forced.
    /// @param proof Siblings from this rollup's leaf up to the checkpoint's root.
    function settle(uint32 count, Totals calldata totals, bytes32[] calldata proof) external;

    /// @notice Puts a message into the inbox; the sequencer must take it in. Not sealed: a dead committee opens nothing.
    function enqueue(bytes calldata data) external returns (uint64 index);

    /// @notice Executes the messages up to but without number `to`, when the last of them is overdue, without the sequencer.
    /// Anyone may.
    function force(uint64 to) external;

    /// @notice Ends the rollup here for good: nothing is settled, forced or put into the inbox any more. Anyone may, when the
    /// sequencer has left a message unread for `ESCAPE_DELAY` after its deadline, and for as long nothing was settled here or
    /// anchored at the hub. What the rollup holds for its users reads `escapeActive`, and lets each take what it had after
    /// the batches and messages of `EscapeOpened`; a message that was not executed is to be undone.
    function escape() external;

    /// @notice Announces a move to another hub (or, with zero, withdraws the announcement). Only the owner may.
    function proposeHub(IHub hub) external;

    /// @notice Completes an announced move after its delay. Anyone may.
    function acceptHub() external;

    /// @notice The totals settled last, and how many messages the inbox has had.
    function settled()
        external
        view
        returns (uint64 batches, uint64 inboxRead, uint64 inboxCount, bytes32 batchesHash);

    /// @notice How many messages are executed: read by what is settled, or forced.
    function executed() external view returns (uint64);

    /// @notice When a message has waited for too long (seconds).
    function dueAt(uint64 index) external view returns (uint64);

    /// @notice When totals were settled last (seconds), or the contract was made.
    function settledAt() external view returns (uint64);

    /// @notice Whether users leave by what they own, see `escape`.
    function escapeActive() external view returns (bool);

    /// @notice How long the sequencer may take to have a message read and settled, seconds.
    function INBOX_DEADLINE() external view returns (uint64);

    /// @notice How long the sequencer may stand still after that, seconds.
    function ESCAPE_DELAY() external view returns (uint64);

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
