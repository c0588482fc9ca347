// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStake} from "./interfaces/IStake.sol";

/// @title Who has earned what of what came in
/// @notice Income is spread over all stake that earns by one number, what a unit has earned since the beginning; an account
/// has the difference between then and now. So it costs the same for any number of accounts.
///
/// Stake earns from the epoch after the one in which it came. Within an epoch income may come late, and who staked just
/// before it would take what others have worked for.
/// @dev Numbers per unit, and what is owed, are of 2**-128 of the token's smallest unit: nothing is lost by rounding but
/// what makes less than one unit at the end, and it stays behind, never the other way.
library Earnings {
    uint256 private constant SHIFT = 128;

    /// @param epoch The current one, as far as is known here.
    /// @param earning All stake that earns.
    /// @param starting All stake that does so from the next epoch on.
    /// @param perUnit What a unit has earned since the beginning.
    /// @param rest What has come in and could not be spread.
    /// @param perUnitAt The same as `perUnit` at the beginning of an epoch.
    struct Meter {
        uint64 epoch;
        uint96 earning;
        uint96 starting;
        uint256 perUnit;
        uint256 rest;
        mapping(uint64 epoch => uint256) perUnitAt;
    }

    /// @param epoch In which it was touched last, in the meter's time.
    /// @param perUnit The meter's, up to which `owed` is counted.
    struct Account {
        uint64 epoch;
        uint96 earning;
        uint96 starting;
        uint256 perUnit;
        uint256 owed;
    }

    /// @notice An epoch begins: what was starting earns.
    /// @dev Cannot fail, or it would hold up the committee: `admit` has seen to it that the sum fits.
    function begin(Meter storage meter, uint64 epoch) internal {
        meter.epoch = epoch;
        meter.earning += meter.starting;
        meter.starting = 0;
        meter.perUnitAt[epoch] = meter.perUnit;
    }

    /// @notice Spreads income. While no stake earns it is kept, for the next time.
    function spread(Meter storage meter, uint96 amount) internal {
        uint256 sum = meter.rest + (uint256(amount) << SHIFT);
        uint256 earning = meter.earning;
        if (earning != 0) {
            meter.perUnit += sum / earning;
            sum %= earning;
        }
        meter.rest = sum;
    }

    /// @notice Counts stake that has come. It earns from the next epoch on.
    function admit(Meter storage meter, uint96 amount) internal {
        uint256 starting = uint256(meter.starting) + amount;
        if (starting + meter.earning > type(uint96).max) revert IStake.TooMuch();
        meter.starting = uint96(starting);
    }

    /// @notice Counts no more what was starting, and what was earning.
    function release(Meter storage meter, uint96 starting, uint96 earning) internal {
        meter.starting -= starting;
        meter.earning -= earning;
    }

    /// @notice Stake has come to an account.
    function add(Account storage account, Meter storage meter, uint96 amount) internal {
        admit(meter, amount);
        accrue(account, meter);
        account.starting += amount;
    }

    /// @notice Stake has gone from an account, what came last first. It earns no more.
    /// @return starting How much of it had not yet begun to.
    function remove(Account storage account, Meter storage meter, uint96 amount)
        internal
        returns (uint96 starting)
    {
        accrue(account, meter);
        starting = account.starting < amount ? account.starting : amount;
        account.starting -= starting;
        account.earning -= amount - starting;
        release(meter, starting, amount - starting);
    }

    /// @notice Takes out what an account is owed, in whole units.
    function take(Account storage account, Meter storage meter) internal returns (uint256 amount) {
        accrue(account, meter);
        amount = account.owed >> SHIFT;
        account.owed -= amount << SHIFT;
    }

    /// @notice Brings an account to the present.
    function accrue(Account storage account, Meter storage meter) internal {
        uint256 earning = account.earning;
        uint256 perUnit = account.perUnit;
        uint256 owed = account.owed;
        if (account.epoch != meter.epoch) {
            uint256 starting = account.starting;
            if (starting != 0) {
                uint256 start = meter.perUnitAt[account.epoch + 1];
                owed += earning * (start - perUnit);
                perUnit = start;
                earning += starting;
                account.earning = uint96(earning);
                account.starting = 0;
            }
            account.epoch = meter.epoch;
        }
        account.owed = owed + earning * (meter.perUnit - perUnit);
        account.perUnit = meter.perUnit;
    }

    /// @notice All stake of an account.
    function stakeOf(Account storage account) internal view returns (uint96) {
        return account.earning + account.starting;
    }
}
