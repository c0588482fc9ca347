// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {BLS12381, G1} from "./BLS12381.sol";
import {Messages} from "./Messages.sol";
import {IStake} from "./interfaces/IStake.sol";

/// @title Stake
contract Stake is IStake {
    using SafeERC20 for IERC20;

    /// @dev As many as a committee's one-byte index can name.
    uint256 private constant OPERATORS_MAX = 256;

    /// @param position In `_active`, counted from 1; zero for one that does not take part.
    struct Operator {
        bytes32 keyHash;
        uint96 stake;
        uint48 exitEpoch;
        uint48 withdrawAt;
        uint32 position;
        bool slashed;
    }

    /// @inheritdoc IStake
    IERC20 public immutable TOKEN;
    /// @inheritdoc IStake
    address public immutable HUB;
    /// @inheritdoc IStake
    uint96 public immutable STAKE_MIN;

    mapping(address operator => Operator) private _operators;
    /// @inheritdoc IStake
    mapping(bytes32 keyHash => address) public ownerOf;
    address[] private _active;

    constructor(IERC20 token, uint96 stakeMin) {
        TOKEN = token;
        HUB = msg.sender;
        STAKE_MIN = stakeMin;
    }

    /// @inheritdoc IStake
    function register(
        bytes calldata key,
        bytes calldata possession,
        bytes32 networkKey,
        string calldata multiaddr,
        uint96 amount
    ) external {
        Operator storage operator = _operators[msg.sender];
        if (operator.keyHash != 0) revert AlreadyRegistered(msg.sender);
        if (amount < STAKE_MIN) revert StakeTooSmall(amount, STAKE_MIN);
        if (_active.length == OPERATORS_MAX) revert Full();
        if (key.length != BLS12381.KEY_BYTES) revert BadKey();
        bytes32 keyHash = keccak256(key);
        if (ownerOf[keyHash] != address(0)) revert KeyTaken(keyHash);
        // The pairing refuses every other encoding that is not a key; infinity alone would pass it.
        G1 point = BLS12381.load(key);
        if (point.isInfinity()) revert BadKey();
        bytes32 digest = possessionDigest(msg.sender, keyHash);
        if (!BLS12381.verify(point, digest, Messages.POSSESSION_DST, possession)) revert BadPossession();

        _active.push(msg.sender);
        operator.keyHash = keyHash;
        operator.stake = amount;
        operator.position = uint32(_active.length);
        ownerOf[keyHash] = msg.sender;
        emit Registered(msg.sender, keyHash, key, networkKey, multiaddr, amount);
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IStake
    function addStake(uint96 amount) external {
        Operator storage operator = _operators[msg.sender];
        if (operator.position == 0) revert NotRegistered(msg.sender);
        operator.stake += amount;
        emit StakeAdded(msg.sender, amount, operator.stake);
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IStake
    function possessionDigest(address operator, bytes32 keyHash) public view returns (bytes32) {
        return Messages.possession(address(this), operator, keyHash);
    }

    /// @inheritdoc IStake
    function operatorOf(address operator)
        external
        view
        returns (bytes32 keyHash, uint96 stake, bool isActive)
    {
        Operator storage found = _operators[operator];
        return (found.keyHash, found.stake, found.position != 0);
    }

    /// @inheritdoc IStake
    function activeOperators() external view returns (address[] memory) {
        return _active;
    }
}
