// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Divisions toward the side that their name says
/// @notice As in rollup/engine/units.ts: what is required and paid is rounded up, what is credited down, below zero as well.
library Rounding {
    uint256 internal constant PPM = 1_000_000;
    uint256 internal constant TICKS_MAX = type(uint32).max;
    /// @notice Of an order, of a position, and of all that an account has open in a market.
    uint256 internal constant LOTS_MAX = 2 ** 40;
    /// @notice Quanta in the smallest unit of the token on L1.
    uint256 internal constant QUANTA_PER_TOKEN = 1_000_000;

    function ceilDiv(uint256 numerator, uint256 denominator) internal pure returns (uint256) {
        return numerator == 0 ? 0 : (numerator - 1) / denominator + 1;
    }

    /// @notice Toward minus infinity.
    function floorDiv(int256 numerator, int256 denominator) internal pure returns (int256 quotient) {
        quotient = numerator / denominator;
        if (numerator < 0 && quotient * denominator != numerator) quotient--;
    }

    function clamp(int256 value, int256 low, int256 high) internal pure returns (int256) {
        return value < low ? low : value > high ? high : value;
    }

    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    function max(uint256 a, uint256 b) internal pure returns (uint256) {
        return a > b ? a : b;
    }

    function abs(int256 value) internal pure returns (uint256) {
        return value < 0 ? uint256(-value) : uint256(value);
    }
}
