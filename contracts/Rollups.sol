// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {RollupTree} from "./RollupTree.sol";
import {IHub} from "./interfaces/IHub.sol";
import {IRollups, RollupId} from "./interfaces/IRollups.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {IStake} from "./interfaces/IStake.sol";

/// @title Rollups
contract Rollups is IRollups {
    using SafeERC20 for IERC20;

    uint256 private constant POLICIES = 7;
    /// @dev What nodes count with are the safe integers of JavaScript; a sum beyond them could not be credited.
    uint256 private constant FUNDED_MAX = 2 ** 53 - 1;
    /// @inheritdoc IRollups
    uint64 public constant LEAVE_DELAY = 7 days;
    /// @inheritdoc IRollups
    uint256 public constant POSTER_PERCENT = 10;

    /// @param leftAt When it left, or zero.
    /// @param isClosed Whether the rest has been paid back, after which nothing is collected.
    /// @param treasury Zero for the owner.
    /// @param spent As of the totals collected last, and never more than `funded`.
    /// @param earned The same; `spent - earned` has been paid to validators and posters.
    /// @param withdrawn What has been paid to the treasury.
    struct Rollup {
        address settlement;
        uint8 policy;
        uint32 reserve;
        uint40 leftAt;
        bool isClosed;
        address owner;
        address treasury;
        uint64 funded;
        uint64 spent;
        uint64 earned;
        uint64 withdrawn;
    }

    /// @inheritdoc IRollups
    IHub public immutable HUB;
    /// @inheritdoc IRollups
    IERC20 public immutable TOKEN;
    IStake private immutable STAKE;
    /// @inheritdoc IRollups
    uint32 public count;
    mapping(RollupId id => Rollup) private _rollups;

    modifier onlyOwner(RollupId id) {
        if (msg.sender != _rollups[id].owner) revert NotOwner(msg.sender);
        if (_rollups[id].leftAt != 0) revert HasLeft(id);
        _;
    }

    /// @param hub Whose checkpoints say what is spent; its stake's token is what is paid with.
    constructor(IHub hub) {
        if (address(hub).code.length == 0) revert NoAddress();
        HUB = hub;
        STAKE = hub.STAKE();
        TOKEN = STAKE.TOKEN();
        // The stake takes what it is told of at once, and the two are for ever each other's.
        TOKEN.forceApprove(address(STAKE), type(uint256).max);
    }

    /// @inheritdoc IRollups
    function subscribe(address settlement, address owner, uint256 policy) external returns (RollupId id) {
        if (settlement == address(0) || owner == address(0)) revert NoAddress();
        if (policy > POLICIES) revert UnknownPolicy(policy);
        id = RollupId.wrap(count++);
        Rollup storage rollup = _rollups[id];
        rollup.settlement = settlement;
        rollup.policy = uint8(policy);
        rollup.owner = owner;
        emit Subscribed(id, settlement, owner, policy);
    }

    /// @inheritdoc IRollups
    function fund(RollupId id, uint256 amount) external {
        if (RollupId.unwrap(id) >= count) revert UnknownRollup(id);
        Rollup storage rollup = _rollups[id];
        if (rollup.leftAt != 0) revert HasLeft(id);
        if (amount > FUNDED_MAX) revert FundedTooMuch(amount, FUNDED_MAX);
        uint256 total = rollup.funded + amount;
        if (total > FUNDED_MAX) revert FundedTooMuch(total, FUNDED_MAX);
        rollup.funded = uint64(total);
        emit Funded(id, msg.sender, amount, total);
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IRollups
    function setPolicy(RollupId id, uint256 policy) external onlyOwner(id) {
        if (policy > POLICIES) revert UnknownPolicy(policy);
        _rollups[id].policy = uint8(policy);
        emit PolicySet(id, policy);
    }

    /// @inheritdoc IRollups
    function setReserve(RollupId id, uint32 feePerByte) external onlyOwner(id) {
        _rollups[id].reserve = feePerByte;
        emit ReserveSet(id, feePerByte);
    }

    /// @inheritdoc IRollups
    function setTreasury(RollupId id, address treasury) external onlyOwner(id) {
        if (treasury == address(0)) revert NoAddress();
        _rollups[id].treasury = treasury;
        emit TreasurySet(id, treasury);
    }

    /// @inheritdoc IRollups
    function unsubscribe(RollupId id) external onlyOwner(id) {
        _rollups[id].leftAt = uint40(block.timestamp);
        emit Left(id, uint64(block.timestamp) + LEAVE_DELAY);
    }

    /// @inheritdoc IRollups
    function collect(
        RollupId id,
        uint32 checkpoint,
        ISettlement.Totals calldata totals,
        bytes32[] calldata proof,
        address poster
    ) external returns (uint256 amount) {
        amount = _collect(id, checkpoint, totals, proof);
        _share(amount, poster);
    }

    /// @inheritdoc IRollups
    function collectMany(uint32 checkpoint, Collection[] calldata items, address poster)
        external
        returns (uint256 amount)
    {
        for (uint256 i = 0; i < items.length; i++) {
            amount += _collect(items[i].id, checkpoint, items[i].totals, items[i].proof);
        }
        _share(amount, poster);
    }

    /// @inheritdoc IRollups
    function withdraw(RollupId id) external returns (uint256 amount) {
        Rollup storage rollup = _rollups[id];
        uint64 leftAt = rollup.leftAt;
        uint256 total = rollup.earned;
        if (rollup.isClosed || leftAt != 0 && block.timestamp >= leftAt + LEAVE_DELAY) {
            rollup.isClosed = true;
            total += rollup.funded - rollup.spent;
        }
        amount = total - rollup.withdrawn;
        if (amount == 0) revert NothingToWithdraw(id);
        rollup.withdrawn = uint64(total);
        address treasury = rollup.treasury == address(0) ? rollup.owner : rollup.treasury;
        emit Withdrawn(id, treasury, amount);
        TOKEN.safeTransfer(treasury, amount);
    }

    /// @dev What has come due to validators and poster since the last time. Of totals that are older, or say less, nothing.
    function _collect(
        RollupId id,
        uint32 checkpoint,
        ISettlement.Totals calldata totals,
        bytes32[] calldata proof
    ) private returns (uint256 amount) {
        Rollup storage rollup = _rollups[id];
        if (rollup.isClosed) return 0;
        bytes32 root = RollupTree.rootFrom(RollupTree.leafOf(id, totals), RollupId.unwrap(id), proof);
        if (!HUB.isRecent(root, checkpoint)) revert NotInCheckpoint();
        uint64 spent = totals.spent < rollup.funded ? totals.spent : rollup.funded;
        uint64 earned = totals.earned < spent ? totals.earned : spent;
        uint64 before = rollup.spent - rollup.earned;
        if (spent <= rollup.spent || earned < rollup.earned || spent - earned < before) return 0;
        rollup.spent = spent;
        rollup.earned = earned;
        emit Collected(id, spent, earned);
        return spent - earned - before;
    }

    /// @dev The poster has its part where it has brought a checkpoint, for which it has paid the gas.
    function _share(uint256 amount, address poster) private {
        if (amount == 0) return;
        uint256 part = poster != address(0) && HUB.finalizedHere() ? amount * POSTER_PERCENT / 100 : 0;
        emit Shared(poster, part, amount - part);
        STAKE.reward(uint96(amount - part));
        if (part != 0) TOKEN.safeTransfer(poster, part);
    }

    /// @inheritdoc IRollups
    function rollupOf(RollupId id)
        external
        view
        returns (address settlement, address owner, uint256 policy, uint256 funded)
    {
        Rollup storage rollup = _rollups[id];
        return (rollup.settlement, rollup.owner, rollup.policy, rollup.funded);
    }

    /// @inheritdoc IRollups
    function accountOf(RollupId id)
        external
        view
        returns (uint64 funded, uint64 spent, uint64 earned, uint64 withdrawn)
    {
        Rollup storage rollup = _rollups[id];
        return (rollup.funded, rollup.spent, rollup.earned, rollup.withdrawn);
    }

    /// @inheritdoc IRollups
    function termsOf(RollupId id)
        external
        view
        returns (uint32 reserve, address treasury, uint64 leftAt, bool isClosed)
    {
        Rollup storage rollup = _rollups[id];
        treasury = rollup.treasury == address(0) ? rollup.owner : rollup.treasury;
        return (rollup.reserve, treasury, rollup.leftAt, rollup.isClosed);
    }
}
