//! Waveforms of the native engine, as value change dump (VCD).
//!
//! Context: host side of the simulation. rust-hdl's dumper panics when a write fails, so the file in
//! between swallows a failure, writes nothing more, and tells it when the trace is finished.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rust_hdl::prelude::{Block, write_vcd_change, write_vcd_dump, write_vcd_header};

use super::EngineError;

type Dump<B> = Box<dyn FnMut(u64, &B) + Send>;
type Failure = Arc<Mutex<Option<io::Error>>>;

pub(super) struct NativeTrace<B> {
    path: PathBuf,
    // rust-hdl does not export the name of its dumper, so it lives in this closure.
    dump: Dump<B>,
    last_ps: u64,
    failure: Failure,
}

impl<B: Block> NativeTrace<B> {
    pub(super) fn create(path: &Path, block: &B) -> Result<Self, EngineError> {
        let fail = |reason: String| EngineError::Trace {
            path: path.to_owned(),
            reason,
        };
        if path.extension().is_none_or(|extension| extension != "vcd") {
            return Err(fail("the native engine writes .vcd files only".into()));
        }
        let file = File::create(path).map_err(|error| fail(error.to_string()))?;
        let failure = Failure::default();
        let sink = Sink {
            file: BufWriter::new(file),
            failure: Arc::clone(&failure),
        };
        let mut probe = Some(write_vcd_dump(write_vcd_header(sink, block), block));
        let dump = move |time_ps: u64, block: &B| {
            // Always there: only taken within this call.
            if let Some(mut taken) = probe.take() {
                let _ = taken.timestamp(time_ps); // the sink never fails
                probe = Some(write_vcd_change(taken, block));
            }
        };
        Ok(Self {
            path: path.to_owned(),
            dump: Box::new(dump),
            last_ps: 0,
            failure,
        })
    }

    /// Writes what changed since the last call. Time only moves forward.
    pub(super) fn dump(&mut self, time_ps: u64, block: &B) {
        self.last_ps = self.last_ps.max(time_ps);
        (self.dump)(self.last_ps, block);
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn finish(self) -> Result<(), EngineError> {
        let Self {
            path,
            dump,
            failure,
            ..
        } = self;
        drop(dump); // flushes
        let failed = failure.lock().ok().and_then(|mut failed| failed.take());
        failed.map_or(Ok(()), |error| {
            Err(EngineError::Trace {
                path,
                reason: error.to_string(),
            })
        })
    }
}

struct Sink {
    file: BufWriter<File>,
    failure: Failure,
}

impl Sink {
    fn note(&self, result: io::Result<()>) {
        if let (Err(error), Ok(mut failed)) = (result, self.failure.lock()) {
            failed.get_or_insert(error);
        }
    }

    fn failed(&self) -> bool {
        self.failure.lock().is_ok_and(|failed| failed.is_some())
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.failed() {
            let result = self.file.write_all(bytes);
            self.note(result);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.file.flush();
        self.note(result);
        Ok(())
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.flush(); // never fails
    }
}
