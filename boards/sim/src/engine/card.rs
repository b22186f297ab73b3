//! The simulated card as a block that the engines can run.
//!
//! Context: host side of the simulation. The only place of the engines that knows the gateware.

use lumenport_hdl::sim_card::SimCard;

crate::card_pins!(SimCard);
