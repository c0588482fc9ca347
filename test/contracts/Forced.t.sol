// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../../contracts/interfaces/ISettlement.sol";
import {SettlementTest} from "./support/SettlementTest.sol";

/// @notice What becomes of messages that the sequencer leaves unread.
abstract contract InboxOfOne is SettlementTest {
    uint64 internal constant DEADLINE = 1 days;
    uint64 internal constant ESCAPE_DELAY = 3 days;

    function setUp() external {
        vm.warp(1_800_000_000);
        open(1);
    }

    /// @notice Totals with so many messages of this inbox.
    function totalsWith(uint64 batches, uint64 read)
        internal
        view
        returns (ISettlement.Totals memory totals)
    {
        totals = totalsOf(batches, batches);
        totals.inboxRead = read;
        totals.inboxHash = settlements[0].inboxHash(read);
    }

    function settle(ISettlement.Totals memory totals) internal {
        settlements[0].settle(anchor(leafOf(0, totals)), totals, new bytes32[](0));
    }

    function settle(uint64 batches, uint64 read) internal {
        settle(totalsWith(batches, read));
    }

    function enqueue() internal returns (uint64) {
        return settlements[0].enqueue("do it");
    }

    function wait(uint256 span) internal {
        vm.warp(block.timestamp + span);
    }
}

contract OverdueTest is InboxOfOne {
    function test_the_deadlines_leave_time_to_go_before_another_hub_counts() external view {
        assertEq(settlements[0].INBOX_DEADLINE(), DEADLINE);
        assertEq(settlements[0].ESCAPE_DELAY(), ESCAPE_DELAY);
        assertTrue(DEADLINE + ESCAPE_DELAY < settlements[0].HUB_DELAY(), "users are faster");
    }

    /// @notice To the second: until its deadline a message may stay unread, from then on not.
    function testFuzz_nothing_settles_past_an_overdue_message(uint64 waited) external {
        waited = uint64(bound(waited, DEADLINE - 10, DEADLINE + 10));
        enqueue();
        enqueue();
        assertEq(settlements[0].dueAt(0), block.timestamp + DEADLINE);
        wait(waited);
        ISettlement.Totals memory totals = totalsWith(1, 1);
        uint32 count = anchor(leafOf(0, totals));
        if (waited >= DEADLINE) {
            vm.expectRevert(abi.encodeWithSelector(ISettlement.MessageOverdue.selector, 1));
        }
        settlements[0].settle(count, totals, new bytes32[](0));
        settle(2, 2);
        assertEq(settlements[0].executed(), 2);
    }

    /// @notice Seven messages have their times in two slots.
    function testFuzz_each_message_has_its_own_deadline(uint16[7] calldata gaps) external {
        uint64[7] memory due;
        for (uint256 i = 0; i < gaps.length; i++) {
            wait(gaps[i]);
            due[i] = uint64(block.timestamp) + DEADLINE;
            enqueue();
        }
        for (uint64 i = 0; i < gaps.length; i++) {
            assertEq(settlements[0].dueAt(i), due[i]);
        }
    }

    function test_a_message_that_was_forced_holds_up_nothing() external {
        settle(1, 0);
        enqueue();
        wait(DEADLINE);
        settlements[0].force(1);
        settle(2, 0);
        (uint64 batches, uint64 read,,) = settlements[0].settled();
        assertEq(batches, 2);
        assertEq(read, 0);
        assertEq(settlements[0].executed(), 1);
        assertEq(settlements[0].settledAt(), block.timestamp);
    }
}

contract ForceTest is InboxOfOne {
    function test_whoever_waited_long_enough_executes_its_message() external {
        settle(5, 0);
        enqueue();
        enqueue();
        wait(1);
        enqueue();
        wait(DEADLINE - 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotOverdue.selector, 2, settlements[0].dueAt(2)));
        settlements[0].force(3);
        vm.prank(address(0xabc));
        vm.expectEmit();
        emit ISettlement.Forced(5, 0, 2);
        settlements[0].force(2);
        assertEq(settlements[0].executed(), 2);
    }

    function test_what_is_executed_or_not_there_is_not_forced() external {
        enqueue();
        enqueue();
        settle(1, 1);
        wait(DEADLINE);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NothingToForce.selector, 1, 2));
        settlements[0].force(1);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NothingToForce.selector, 1, 2));
        settlements[0].force(3);
        settlements[0].force(2);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NothingToForce.selector, 2, 2));
        settlements[0].force(2);
    }

    /// @notice The sequencer reads forced messages later, since its chain over them has no gaps; they stay executed once.
    function test_reading_what_was_forced_executes_nothing() external {
        for (uint256 i = 0; i < 3; i++) {
            enqueue();
        }
        wait(DEADLINE);
        settlements[0].force(2);
        settle(1, 3);
        assertEq(settlements[0].executed(), 3);
        (, uint64 read,,) = settlements[0].settled();
        assertEq(read, 3);
    }

    /// @notice Whatever anyone does in whatever order: what is executed only grows, is in the inbox, holds all that is
    /// settled as read, and after settling nothing that is due waits.
    function testFuzz_no_message_waits_past_its_deadline_and_a_settling(uint256[24] calldata steps) external {
        uint64 executed;
        uint64 batches;
        for (uint256 i = 0; i < steps.length; i++) {
            uint256 kind = steps[i] % 4;
            uint256 value = steps[i] >> 8;
            if (kind == 0) enqueue();
            if (kind == 1) wait(value % (3 * DEADLINE / 2));
            (, uint64 read, uint64 count,) = settlements[0].settled();
            if (kind == 2) _tryForce(uint64(value % (count + 2)), executed, count);
            if (kind == 3) {
                bool isSettled = _trySettle(++batches, uint64(bound(value, read, count)));
                if (isSettled) _checkNoneIsDue(count);
            }
            (, read, count,) = settlements[0].settled();
            assertTrue(settlements[0].executed() >= executed, "what is executed stays executed");
            executed = settlements[0].executed();
            assertTrue(executed <= count && read <= executed, "in its bounds");
        }
    }

    function _tryForce(uint64 to, uint64 executed, uint64 count) private {
        bool may = to > executed && to <= count && block.timestamp >= settlements[0].dueAt(to - 1);
        try settlements[0].force(to) {
            assertTrue(may, "only what is overdue is forced");
            assertEq(settlements[0].executed(), to);
        } catch {
            assertTrue(!may, "what is overdue can be forced");
        }
    }

    function _trySettle(uint64 batches, uint64 read) private returns (bool) {
        ISettlement.Totals memory totals = totalsWith(batches, read);
        uint32 count = anchor(leafOf(0, totals));
        try settlements[0].settle(count, totals, new bytes32[](0)) {
            return true;
        } catch {
            return false;
        }
    }

    function _checkNoneIsDue(uint64 count) private view {
        for (uint64 i = settlements[0].executed(); i < count; i++) {
            assertTrue(block.timestamp < settlements[0].dueAt(i), "read, forced, or not due");
        }
    }
}

contract EscapeTest is InboxOfOne {
    /// @notice Deadline and delay, to the second, counted from the message when all before it was well.
    function test_users_escape_from_a_sequencer_that_stands_still() external {
        settle(4, 0);
        wait(30 days);
        enqueue();
        uint64 from = settlements[0].dueAt(0) + ESCAPE_DELAY;
        wait(DEADLINE - 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotOverdue.selector, 0, settlements[0].dueAt(0)));
        settlements[0].escape();
        wait(ESCAPE_DELAY);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.EscapeTooEarly.selector, from));
        settlements[0].escape();
        assertTrue(!settlements[0].escapeActive(), "not yet");
        wait(1);
        vm.expectEmit();
        emit ISettlement.EscapeOpened(4, 0);
        settlements[0].escape();
        assertTrue(settlements[0].escapeActive(), "open");
    }

    function test_nobody_escapes_when_no_message_waits() external {
        wait(30 days);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotOverdue.selector, 0, 0));
        settlements[0].escape();
        enqueue();
        settle(1, 1);
        wait(30 days);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotOverdue.selector, 1, 0));
        settlements[0].escape();
    }

    /// @notice A sequencer that settles has not gone, though it reads nothing and users force all they send.
    function test_a_rollup_that_settles_goes_on() external {
        enqueue();
        wait(DEADLINE);
        settlements[0].force(1);
        wait(ESCAPE_DELAY - 1);
        settle(1, 0);
        wait(1);
        uint64 from = uint64(block.timestamp) - 1 + ESCAPE_DELAY;
        vm.expectRevert(abi.encodeWithSelector(ISettlement.EscapeTooEarly.selector, from));
        settlements[0].escape();
    }

    /// @notice Forcing everything must not keep the others in.
    function test_forced_messages_do_not_close_the_way_out() external {
        enqueue();
        wait(DEADLINE);
        settlements[0].force(1);
        wait(ESCAPE_DELAY);
        settlements[0].escape();
        assertTrue(settlements[0].escapeActive(), "open");
    }

    /// @notice The ring holds checkpoints of a committee that is gone; settling them one by one must not hold up anyone.
    function test_settling_what_a_dead_committee_left_does_not_keep_anyone_in() external {
        ISettlement.Totals memory first = totalsWith(1, 0);
        ISettlement.Totals memory second = totalsWith(2, 0);
        uint32 one = anchor(leafOf(0, first));
        uint32 two = anchor(leafOf(0, second));
        enqueue();
        wait(DEADLINE);
        settlements[0].force(1);
        settlements[0].settle(one, first, new bytes32[](0));
        wait(ESCAPE_DELAY - 1);
        settlements[0].settle(two, second, new bytes32[](0));
        wait(1);
        settlements[0].escape();
        assertTrue(settlements[0].escapeActive(), "open");
    }

    function test_a_rollup_that_has_ended_stays_as_it_is() external {
        enqueue();
        enqueue();
        wait(DEADLINE + ESCAPE_DELAY);
        settlements[0].escape();
        ISettlement.Totals memory totals = totalsWith(1, 2);
        uint32 count = anchor(leafOf(0, totals));
        bytes memory ended = abi.encodeWithSelector(ISettlement.HasEscaped.selector);
        vm.expectRevert(ended);
        settlements[0].settle(count, totals, new bytes32[](0));
        vm.expectRevert(ended);
        settlements[0].force(1);
        vm.expectRevert(ended);
        enqueue();
        vm.expectRevert(ended);
        settlements[0].escape();
        assertEq(settlements[0].executed(), 0);
    }
}
