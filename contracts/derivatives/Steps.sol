// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AdmitStep} from "./AdmitStep.sol";
import {FundingMark} from "./FundingMark.sol";
import {Lists} from "./Lists.sol";
import {MoneySteps} from "./MoneySteps.sol";
import {WithdrawStep} from "./WithdrawStep.sol";
import {Witness} from "./Witness.sol";
import {ISteps} from "../interfaces/ISteps.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {RollupId} from "../interfaces/IRollups.sol";

/// @title Steps
/// @notice The steps of a chunk are words of 32 bytes, one after the other, as the kinds say; what a word may hold and does not,
/// and a word too few, is a step that is not allowed. A chunk of FundingMark begins with the batch's time, and whether it is the
/// last one.
contract Steps is ISteps {
    using Witness for Witness.Run;

    uint256 private constant STEPS_MAX = 16;
    uint8 private constant DEPOSIT = 1;
    uint8 private constant WITHDRAW = 2;
    uint8 private constant FILL = 3;
    uint8 private constant FUNDING_MARK = 4;
    uint8 private constant ADMIT = 5;

    /// @notice Where the rollup's lists of actions are signed for.
    ISettlement public immutable SETTLEMENT;
    uint256 private immutable _ROLLUP_ID;

    constructor(ISettlement settlement) {
        SETTLEMENT = settlement;
        _ROLLUP_ID = RollupId.unwrap(settlement.ID());
    }

    /// @inheritdoc ISteps
    function execute(bytes32 pre, Chunk calldata chunk, bytes calldata witness)
        external
        view
        returns (bytes32 post)
    {
        if (chunk.kind == 0 || chunk.kind > ADMIT) revert NotProvable(chunk.kind);
        Witness.Run memory run = Witness.open(pre, _ROLLUP_ID, witness, chunk.steps);
        if (run.parts.batch != chunk.batch || !_run(run, chunk.kind)) return 0;
        return run.rootOf(_ROLLUP_ID);
    }

    function _run(Witness.Run memory run, uint8 kind) private view returns (bool) {
        uint64 timeMs;
        bool isLast;
        if (kind == FUNDING_MARK) {
            timeMs = uint64(run.upTo(type(uint64).max));
            isLast = run.flag();
        }
        if (!run.hasMore()) return false;
        bytes32 domain = Lists.domainOf(address(SETTLEMENT), _ROLLUP_ID);
        for (uint256 count = 0; run.hasMore(); count++) {
            if (count == STEPS_MAX) return false;
            bool isAllowed;
            if (kind == DEPOSIT) isAllowed = MoneySteps.deposit(run);
            else if (kind == FILL) isAllowed = MoneySteps.fill(run);
            else if (kind == FUNDING_MARK) isAllowed = FundingMark.step(run, timeMs);
            else if (kind == WITHDRAW) isAllowed = WithdrawStep.step(run, domain);
            else isAllowed = AdmitStep.step(run, domain);
            if (!isAllowed || run.isBad) return false;
        }
        if (isLast) run.parts.globals.timeMs = timeMs;
        return true;
    }
}
