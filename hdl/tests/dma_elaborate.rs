//! DMA engine: every block's Verilog is accepted by a Verilog tool, and the wiring is complete.

use lumenport_hdl::dma::Dma;
use lumenport_hdl::dma::account::Account;
use lumenport_hdl::dma::chunk::Chunk;
use lumenport_hdl::dma::completion::Completion;
use lumenport_hdl::dma::extent::Extent;
use lumenport_hdl::dma::fetch::Fetch;
use lumenport_hdl::dma::gate::Gate;
use lumenport_hdl::dma::landing::Landing;
use lumenport_hdl::dma::read_request::ReadRequest;
use lumenport_hdl::dma::reader::Reader;
use lumenport_hdl::dma::sg_table::SgTable;
use lumenport_hdl::dma::tags::Tags;
use lumenport_hdl::dma::walker::Walker;
use lumenport_hdl::dma::writer::Writer;
use lumenport_hdl::elaborate;
use lumenport_hdl::prelude::*;
use lumenport_hdl::testbench::connected;

#[test]
fn generated_verilog_elaborates() {
    elaborate::check("dma_account", &connected(Account::default()));
    elaborate::check("dma_chunk", &connected(Chunk::default()));
    elaborate::check("dma_completion", &connected(Completion::default()));
    elaborate::check("dma_extent", &connected(Extent::default()));
    elaborate::check("dma_fetch", &connected(Fetch::default()));
    elaborate::check("dma_gate", &connected(Gate::default()));
    elaborate::check("dma_read_request", &connected(ReadRequest::default()));
    elaborate::check("dma_tags", &connected(Tags::default()));
    elaborate::check("dma_landing", &connected(Landing::default()));
    elaborate::check("dma_reader", &connected(Reader::default()));
    elaborate::check("dma_sg_table", &connected(SgTable::default()));
    elaborate::check("dma_walker", &connected(Walker::default()));
    elaborate::check("dma_writer", &connected(Writer::default()));
    elaborate::check("dma_engine", &connected(Dma::new(1 << 22)));
}

#[test]
fn every_port_inside_is_connected_and_no_logic_loops() {
    let mut uut = Dma::new(1 << 22);
    uut.clock.connect();
    uut.reset.connect();
    uut.bus_address.connect();
    uut.bus_wdata.connect();
    uut.bus_be.connect();
    uut.bus_write.connect();
    uut.max_payload.connect();
    uut.max_read_request.connect();
    uut.requester_id.connect();
    uut.bus_master_enable.connect();
    uut.timeout_disable.connect();
    uut.read_credit.connect();
    uut.write_credit.connect();
    uut.cpl_valid.connect();
    uut.cpl_last.connect();
    uut.cpl_data.connect();
    uut.tx_ready.connect();
    uut.cmd_ready.connect();
    uut.rvalid.connect();
    uut.rdata_lo.connect();
    uut.rdata_hi.connect();
    uut.connect_all();
    check_all(&uut).expect("the block passes rust-hdl's checks");
}
