// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice A rollup's number: its namespace, and the index of its leaf under every checkpoint. Given in order from 0.
type RollupId is uint32;

/// @title The rollups that are sequenced, and what they have prepaid
/// @notice Subscribing is free, for nothing is done for a rollup before it is funded. The sequencer reads the events at
/// finalized blocks and keeps the account of what is used up.
interface IRollups {
    /// @notice A rollup has subscribed.
    /// @param settlement The only contract whose inbox messages and settlements count for this id.
    event Subscribed(RollupId indexed id, address indexed settlement, address indexed owner, uint256 policy);

    /// @notice `amount` has been prepaid for a rollup, `total` since it subscribed.
    event Funded(RollupId indexed id, address indexed from, uint256 amount, uint256 total);

    /// @notice A settlement contract and an owner are needed.
    error NoAddress();
    /// @notice A policy has bits that mean nothing.
    error UnknownPolicy(uint256 policy);
    /// @notice A rollup's payments would add up to more than nodes can count, 2^53 - 1.
    error FundedTooMuch(uint256 total, uint256 most);
    /// @notice Nobody has subscribed under this id.
    error UnknownRollup(RollupId id);

    /// @notice Subscribes a rollup. A settlement contract usually does it itself, when it is made.
    /// @param policy Bit 0: transactions must be sealed. Bit 1: they are ordered by class first. Bit 2: a sender may pay for
    /// itself.
    function subscribe(address settlement, address owner, uint256 policy) external returns (RollupId);

    /// @notice Prepays `amount` of the fee token, which must be approved. Anyone may, for any rollup.
    function fund(RollupId id, uint256 amount) external;

    /// @notice How many have subscribed, and so the id of the next.
    function count() external view returns (uint32);

    /// @notice The settlement contract, owner, policy and sum of payments of a rollup.
    function rollupOf(RollupId id)
        external
        view
        returns (address settlement, address owner, uint256 policy, uint256 funded);

    /// @notice What is paid with.
    function TOKEN() external view returns (IERC20);
}
