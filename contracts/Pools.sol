// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Earnings} from "./Earnings.sol";
import {IStake} from "./interfaces/IStake.sol";

/// @title What others have staked on one operator
/// @notice A delegation is counted in the token's own units. Nothing ever changes what a unit is worth but a slash, and that
/// takes all: so there is no price of a share that anybody could move, neither by rounding nor by a gift.
///
/// A pool earns what its stake earns, less the operator's commission. It is brought to the present when somebody touches it;
/// what changes at the beginning of an epoch is counted from there, however much later that is.
library Pools {
    using Earnings for Earnings.Meter;
    using Earnings for Earnings.Account;

    /// @dev Commissions are in hundredths of a percent.
    uint256 private constant WHOLE = 10_000;
    uint16 private constant COMMISSION_MAX = 2_000;
    uint16 private constant COMMISSION_STEP = 100;
    /// @dev Who hears of a change in the epoch of its announcement has all of the next one to leave.
    uint64 private constant NOTICE_EPOCHS = 2;

    /// @param meter What its delegations earn, commission deducted.
    /// @param followed What a unit of any stake had earned, up to which `meter` is counted.
    /// @param nextFrom The epoch from which `nextCommission` is the commission, or zero.
    struct Pool {
        Earnings.Meter meter;
        uint256 followed;
        uint16 commission;
        uint16 nextCommission;
        uint64 nextFrom;
        mapping(address delegator => Delegation) delegations;
    }

    /// @param account What stays with the operator.
    /// @param leaving What no longer does.
    /// @param lastEpoch The last epoch that it answers for.
    struct Delegation {
        Earnings.Account account;
        uint96 leaving;
        uint64 lastEpoch;
    }

    /// @notice Brings a pool to the present, and the commission into the operator's account.
    /// @param all What all stake earns.
    function follow(Pool storage pool, Earnings.Meter storage all, Earnings.Account storage operator)
        internal
    {
        uint64 epoch = all.epoch;
        if (pool.meter.epoch != epoch) {
            if (pool.meter.starting != 0) {
                uint64 first = pool.meter.epoch + 1;
                _followTo(pool, all.perUnitAt[first], operator);
                pool.meter.begin(first);
            }
            // Announced when the pool was touched, so it is never before what has just begun.
            if (pool.nextFrom != 0 && pool.nextFrom <= epoch) {
                _followTo(pool, all.perUnitAt[pool.nextFrom], operator);
                pool.commission = pool.nextCommission;
                pool.nextFrom = 0;
            }
            pool.meter.epoch = epoch;
        }
        _followTo(pool, all.perUnit, operator);
    }

    function _followTo(Pool storage pool, uint256 perUnit, Earnings.Account storage operator) private {
        uint256 grown = perUnit - pool.followed;
        if (grown == 0) return;
        uint256 commission = grown * pool.commission / WHOLE;
        pool.followed = perUnit;
        pool.meter.perUnit += grown - commission;
        operator.owed += commission * pool.meter.earning;
    }

    /// @notice Announces a commission. While nobody has delegated it is any that is allowed, at once.
    /// @dev The pool is at the present.
    /// @return from The epoch from which it holds.
    function announce(Pool storage pool, uint16 commission) internal returns (uint64 from) {
        if (commission > COMMISSION_MAX) revert IStake.CommissionTooHigh(commission, COMMISSION_MAX);
        if (pool.nextFrom != 0) revert IStake.CommissionAnnounced(pool.nextFrom);
        uint64 epoch = pool.meter.epoch;
        if (stakeOf(pool) == 0) {
            pool.commission = commission;
            return epoch;
        }
        uint16 current = pool.commission;
        uint16 step = commission > current ? commission - current : current - commission;
        if (step > COMMISSION_STEP) revert IStake.CommissionStepTooLarge(step, COMMISSION_STEP);
        from = epoch + NOTICE_EPOCHS;
        pool.nextCommission = commission;
        pool.nextFrom = from;
    }

    /// @notice The most that the operator takes, as far as has been announced.
    function commissionMost(Pool storage pool) internal view returns (uint16) {
        uint16 next = pool.nextFrom == 0 ? 0 : pool.nextCommission;
        return next > pool.commission ? next : pool.commission;
    }

    /// @notice All that stays with the operator.
    function stakeOf(Pool storage pool) internal view returns (uint96) {
        return pool.meter.earning + pool.meter.starting;
    }
}
