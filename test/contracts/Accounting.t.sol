// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {StakeTest} from "./support/StakeTest.sol";

/// @notice Whatever is done in whatever order, the contract holds what it owes, to the unit.
contract AccountingTest is StakeTest {
    uint256 private constant OPERATORS = 6;
    uint256 private constant DELEGATORS = 3;

    uint256 private income;
    uint256 private claimed;

    function setUp() external {
        open();
        for (uint256 i = 0; i < OPERATORS; i++) {
            register(operatorAt(i), STAKE_MIN * uint96(i + 1));
            fund(operatorAt(i), 1e18);
        }
        for (uint256 i = 0; i < DELEGATORS; i++) {
            fund(_delegator(i), 1e18);
        }
        fund(address(this), 1e18);
        token.approve(address(stake), type(uint256).max);
    }

    function testFuzz_the_contract_holds_what_it_owes(uint256 seed) external {
        for (uint256 step = 0; step < 30; step++) {
            _act(uint256(keccak256(abi.encode(seed, step))));
            assertEq(token.balanceOf(address(stake)), _owed() + income - claimed);
        }
        // What waits for stake that earns goes out with the next income.
        nextEpoch();
        stake.reward(0);
        for (uint256 i = 0; i < OPERATORS; i++) {
            _claim(i);
            for (uint256 j = 0; j < DELEGATORS; j++) {
                _claimDelegation(i, j);
            }
        }
        assertTrue(claimed <= income, "nobody is paid what did not come");
        // Less than a unit stays behind for each account, and less than one of what could not be divided.
        assertTrue(income - claimed <= OPERATORS * (DELEGATORS + 1), "all that came is paid");
        assertEq(token.balanceOf(address(stake)), _owed() + income - claimed);
    }

    /// @dev Refusals are fine: only what succeeds is counted. Four operators stay, for the next committee.
    function _act(uint256 random) private {
        uint256 i = random >> 8 & 0xff;
        address operator = operatorAt(i % OPERATORS);
        address delegator = _delegator(i / OPERATORS % DELEGATORS);
        uint96 amount = uint96(random >> 32 & 0xfffffff);
        uint256 kind = random % 11;
        if (kind == 0) nextEpoch();
        if (kind == 1) {
            stake.reward(amount);
            income += amount;
        }
        if (kind == 2) _claim(i % OPERATORS);
        if (kind == 3) _claimDelegation(i % OPERATORS, i / OPERATORS % DELEGATORS);
        if (kind == 4 || kind == 5) {
            _try(delegator, abi.encodeCall(stake.delegate, (operator, amount, 2000)));
        }
        if (kind == 6) _try(delegator, abi.encodeCall(stake.undelegate, (operator, amount / 2)));
        if (kind == 7) _try(delegator, abi.encodeCall(stake.withdrawDelegation, (operator)));
        if (kind == 8) _try(operator, abi.encodeCall(stake.setCommission, (uint16(amount % 2100))));
        if (kind == 9) {
            vm.warp(block.timestamp + UNBONDING);
            _try(operatorAt(4 + i % 2), abi.encodeCall(stake.withdraw, ()));
        }
        if (kind == 10) {
            if (i % 2 == 0) _try(operatorAt(4), abi.encodeCall(stake.exit, ()));
            else _try(address(hub), abi.encodeCall(stake.slash, (operatorAt(5), address(0xbe11))));
        }
    }

    function _owed() private view returns (uint256 sum) {
        for (uint256 i = 0; i < OPERATORS; i++) {
            (, uint96 own,) = stake.operatorOf(operatorAt(i));
            (uint96 delegated,,,) = stake.poolOf(operatorAt(i));
            uint256 staying;
            for (uint256 j = 0; j < DELEGATORS; j++) {
                (uint96 its, uint96 leaving,) = stake.delegationOf(operatorAt(i), _delegator(j));
                staying += its;
                sum += leaving;
            }
            assertEq(staying, delegated);
            sum += own + staying;
        }
    }

    function _claim(uint256 i) private {
        vm.prank(operatorAt(i));
        claimed += stake.claim();
    }

    function _claimDelegation(uint256 i, uint256 j) private {
        vm.prank(_delegator(j));
        claimed += stake.claimDelegation(operatorAt(i));
    }

    function _try(address sender, bytes memory data) private {
        vm.prank(sender);
        (bool ok,) = address(stake).call(data);
        ok;
    }

    function _delegator(uint256 j) private pure returns (address) {
        return address(uint160(0x7000 + j));
    }
}
