// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IRollups, RollupId} from "./interfaces/IRollups.sol";

/// @title Rollups
contract Rollups is IRollups {
    using SafeERC20 for IERC20;

    uint256 private constant POLICIES = 7;
    /// @dev What nodes count with are the safe integers of JavaScript; a sum beyond them could not be credited.
    uint256 private constant FUNDED_MAX = 2 ** 53 - 1;

    struct Rollup {
        address settlement;
        uint8 policy;
        address owner;
        uint256 funded;
    }

    /// @inheritdoc IRollups
    IERC20 public immutable TOKEN;
    /// @inheritdoc IRollups
    uint32 public count;
    mapping(RollupId id => Rollup) private _rollups;

    constructor(IERC20 token) {
        TOKEN = token;
    }

    /// @inheritdoc IRollups
    function subscribe(address settlement, address owner, uint256 policy) external returns (RollupId id) {
        if (settlement == address(0) || owner == address(0)) revert NoAddress();
        if (policy > POLICIES) revert UnknownPolicy(policy);
        id = RollupId.wrap(count++);
        _rollups[id] = Rollup({settlement: settlement, policy: uint8(policy), owner: owner, funded: 0});
        emit Subscribed(id, settlement, owner, policy);
    }

    /// @inheritdoc IRollups
    function fund(RollupId id, uint256 amount) external {
        if (RollupId.unwrap(id) >= count) revert UnknownRollup(id);
        if (amount > FUNDED_MAX) revert FundedTooMuch(amount, FUNDED_MAX);
        uint256 total = _rollups[id].funded + amount;
        if (total > FUNDED_MAX) revert FundedTooMuch(total, FUNDED_MAX);
        _rollups[id].funded = total;
        emit Funded(id, msg.sender, amount, total);
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
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
}
