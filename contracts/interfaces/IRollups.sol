// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IHub} from "./IHub.sol";
import {ISettlement} from "./ISettlement.sol";

/// @notice A rollup's number: its namespace, and the index of its leaf under every checkpoint. Given in order from 0.
type RollupId is uint32;

/// @title The rollups that are sequenced, what they have prepaid, and who is paid of it
/// @notice Subscribing is free, for nothing is done for a rollup before it is funded. The sequencer reads the events at
/// finalized blocks and keeps the account of what is used up; its checkpoints say so here, and no rollup can be charged more
/// than was prepaid for it.
///
/// For each rollup, of what was `funded`: `spent - earned` has gone to validators and posters, `withdrawn` to its treasury,
/// and the rest is here. `withdrawn` is at most `earned`, until the rollup has left and has the unspent back as well.
interface IRollups {
    /// @notice A rollup's part in a checkpoint, see `collect`.
    struct Collection {
        RollupId id;
        ISettlement.Totals totals;
        bytes32[] proof;
    }

    /// @notice A rollup has subscribed.
    /// @param settlement The only contract whose inbox messages and settlements count for this id.
    event Subscribed(RollupId indexed id, address indexed settlement, address indexed owner, uint256 policy);

    /// @notice `amount` has been prepaid for a rollup, `total` since it subscribed.
    event Funded(RollupId indexed id, address indexed from, uint256 amount, uint256 total);

    /// @notice The rollup is served by another policy, from the block on that reads this.
    event PolicySet(RollupId indexed id, uint256 policy);

    /// @notice A byte of a transaction of the rollup costs no less than this, from the block on that reads this.
    event ReserveSet(RollupId indexed id, uint32 feePerByte);

    /// @notice What is the rollup's own is paid to this account.
    event TreasurySet(RollupId indexed id, address indexed treasury);

    /// @notice The rollup has left: its transactions are refused from the block on that reads this. What is prepaid and not
    /// spent can be withdrawn from `withdrawableFrom` on (seconds).
    event Left(RollupId indexed id, uint64 withdrawableFrom);

    /// @notice So much is accounted for of what was prepaid for the rollup, all in all; see `ISettlement.Totals`.
    event Collected(RollupId indexed id, uint64 spent, uint64 earned);

    /// @notice What was collected has been paid, the poster's part (if any) and that of the validators.
    event Shared(address indexed poster, uint256 toPoster, uint256 toValidators);

    /// @notice The rollup's treasury has been paid.
    event Withdrawn(RollupId indexed id, address indexed treasury, uint256 amount);

    /// @notice A settlement contract, an owner, a treasury or a hub is needed.
    error NoAddress();
    /// @notice A policy has bits that mean nothing.
    error UnknownPolicy(uint256 policy);
    /// @notice A rollup's payments would add up to more than nodes can count, 2^53 - 1.
    error FundedTooMuch(uint256 total, uint256 most);
    /// @notice Nobody has subscribed under this id.
    error UnknownRollup(RollupId id);
    /// @notice Only the rollup's owner may do this.
    error NotOwner(address caller);
    /// @notice The rollup has left, which is for good.
    error HasLeft(RollupId id);
    /// @notice The totals are not of this rollup under that checkpoint.
    error NotInCheckpoint();
    /// @notice All is paid out that may be by now.
    error NothingToWithdraw(RollupId id);

    /// @notice Subscribes a rollup. A settlement contract usually does it itself, when it is made.
    /// @param policy Bit 0: transactions must be sealed. Bit 1: they are ordered by class first. Bit 2: a sender may pay for
    /// itself.
    function subscribe(address settlement, address owner, uint256 policy) external returns (RollupId);

    /// @notice Prepays `amount` of the fee token, which must be approved. Anyone may, for any rollup.
    function fund(RollupId id, uint256 amount) external;

    /// @notice Changes how the rollup is served, see `subscribe`. Only its owner may.
    function setPolicy(RollupId id, uint256 policy) external;

    /// @notice Sets the least that a byte of a transaction costs, in fee units. What is above the base fee is the rollup's own.
    /// Only its owner may.
    function setReserve(RollupId id, uint32 feePerByte) external;

    /// @notice Names the account that is paid what is the rollup's own, at first its owner. Only its owner may.
    function setTreasury(RollupId id, address treasury) external;

    /// @notice Leaves, for good. Only the owner may. Its Settlement goes on with what was ordered before.
    function unsubscribe(RollupId id) external;

    /// @notice Pays validators what a rollup has spent by the hub's checkpoint number `checkpoint` of all it took (its count,
    /// one of the last 64), and has not been collected before. Anyone may. Nothing happens when there is nothing to pay.
    /// @param proof Siblings from the rollup's leaf up to the checkpoint's root.
    /// @param poster Has `POSTER_PERCENT` of it, if this very transaction made a checkpoint final.
    /// @return amount What was paid to both.
    function collect(
        RollupId id,
        uint32 checkpoint,
        ISettlement.Totals calldata totals,
        bytes32[] calldata proof,
        address poster
    ) external returns (uint256 amount);

    /// @notice The same for several rollups, paid in one sum.
    function collectMany(uint32 checkpoint, Collection[] calldata items, address poster)
        external
        returns (uint256 amount);

    /// @notice Pays the rollup's treasury what the rollup has earned, and `LEAVE_DELAY` after it has left what is not spent.
    /// Anyone may.
    function withdraw(RollupId id) external returns (uint256 amount);

    /// @notice How many have subscribed, and so the id of the next.
    function count() external view returns (uint32);

    /// @notice The settlement contract, owner, policy and sum of payments of a rollup.
    function rollupOf(RollupId id)
        external
        view
        returns (address settlement, address owner, uint256 policy, uint256 funded);

    /// @notice A rollup's account, in fee units since it subscribed, as of what was collected last.
    function accountOf(RollupId id)
        external
        view
        returns (uint64 funded, uint64 spent, uint64 earned, uint64 withdrawn);

    /// @notice A rollup's reserve price for a byte, its treasury, when it left (seconds, or zero), and whether it has had all
    /// its money back.
    function termsOf(RollupId id)
        external
        view
        returns (uint32 reserve, address treasury, uint64 leftAt, bool isClosed);

    /// @notice The hub whose checkpoints say what is spent, and whose validators are paid.
    function HUB() external view returns (IHub);

    /// @notice What is paid with.
    function TOKEN() external view returns (IERC20);

    /// @notice How long what is unspent stays here after a rollup has left, seconds: longer than it takes to order, open,
    /// anchor and collect what came before.
    function LEAVE_DELAY() external view returns (uint64);

    /// @notice What a poster has of what it collects together with a checkpoint.
    function POSTER_PERCENT() external view returns (uint256);
}
