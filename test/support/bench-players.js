// Runs inside the browser: one player on one page, measured in the same way whichever it is.
//
// A stall: playing is wanted (it always is here), the first frame was shown, the end is not reached, and the position
// stood still for more than 100 ms. What a busy page samples late is not counted, since the position tells how much
// was played meanwhile. Times are milliseconds since the epoch, so that the process outside can compare them.

/** Below this no eye notices. */
const STALL_MS_MIN = 100;
const SAMPLE_MS = 20;
/** The page's default of 250 entries is soon full with three renditions of short segments. */
const TIMING_ENTRIES = 10_000;

const nowMs = () => performance.timeOrigin + performance.now();

function watch(video) {
  const meter = { firstFrameAtMs: null, stalls: [], positionSeconds: 0, movedAtMs: 0, leastMs: 0 };
  video.requestVideoFrameCallback((at) => {
    meter.firstFrameAtMs = performance.timeOrigin + at;
    meter.positionSeconds = video.currentTime;
    meter.movedAtMs = nowMs();
  });
  setInterval(() => {
    if (meter.firstFrameAtMs === null) return;
    const now = nowMs();
    const position = video.currentTime;
    if (position === meter.positionSeconds && !video.ended) {
      meter.leastMs = Math.min(meter.leastMs, bufferedMs(video));
      return;
    }
    const lostMs = now - meter.movedAtMs - (position - meter.positionSeconds) * 1_000;
    if (lostMs > STALL_MS_MIN && !video.ended) meter.stalls.push(stallOf(meter, lostMs));
    meter.positionSeconds = position;
    meter.movedAtMs = now;
    meter.leastMs = bufferedMs(video);
  }, SAMPLE_MS);
  return meter;
}

/** With the least that was buffered meanwhile: a position that stands still over a full buffer is the machine's fault. */
function stallOf(meter, lostMs) {
  return { atMs: meter.movedAtMs, durationMs: Math.round(lostMs), bufferedMs: meter.leastMs };
}

/** All stalls, with the one that is still going on. */
function stallsOf(meter, video) {
  const heldMs = nowMs() - meter.movedAtMs - (video.currentTime - meter.positionSeconds) * 1_000;
  const isHeld = meter.firstFrameAtMs !== null && !video.ended && heldMs > STALL_MS_MIN;
  return isHeld ? [...meter.stalls, stallOf(meter, heldMs)] : meter.stalls;
}

/** End of the buffered range that is being played. */
function bufferedEndSeconds(video) {
  const { buffered, currentTime } = video;
  for (let index = 0; index < buffered.length; index += 1)
    if (buffered.start(index) <= currentTime + 0.1 && buffered.end(index) > currentTime)
      return buffered.end(index);
  return currentTime;
}

function bufferedMs(video) {
  return Math.round((bufferedEndSeconds(video) - video.currentTime) * 1_000);
}

/** Where the newest segment that arrived came from. */
function mediaOrigin() {
  const entries = performance.getEntriesByType('resource');
  for (let index = entries.length - 1; index >= 0; index -= 1) {
    const { name, responseStatus } = entries[index];
    if (name.includes('.m4s') && (responseStatus === 200 || responseStatus === 206))
      return new URL(name).origin;
  }
  return null;
}

const starters = {
  hls(video, fatal, { src, edges }) {
    const player = window.Meridian.createPlayer(video, { src, edges, isAutoplay: true, isMuted: true });
    return () => {
      const reason = player.stats().fatal;
      if (reason !== null && !fatal.includes(reason)) fatal.push(reason);
    };
  },
  async shaka(video, fatal, { src, edges }) {
    const { shakaFailover, shakaSettings } = await import('/recommended-settings.js');
    const player = new window.shaka.Player();
    player.addEventListener('error', ({ detail }) => {
      if (detail.severity === 2) fatal.push(`shaka ${detail.code} ${detail.data?.[0] ?? ''}`);
    });
    await player.attach(video);
    player.configure(shakaSettings);
    const bases = edges.map(({ baseUrl }) => baseUrl);
    const filter = shakaFailover(bases, () => performance.now());
    player.getNetworkingEngine().registerRequestFilter(filter);
    player.load(src).catch((error) => fatal.push(`shaka load ${error.code ?? error}`));
  },
  async dash(video, fatal, { src }) {
    const { dashSettings } = await import('/recommended-settings.js');
    const player = window.dashjs.MediaPlayer().create();
    player.updateSettings(dashSettings);
    // Downloads that failed (27, 28) are announced although the next address then plays on.
    player.on('error', ({ error }) => {
      if (![27, 28].includes(error.code)) fatal.push(`dash.js ${error.code}`);
    });
    player.initialize(video, src, true);
  },
};

window.bench = {
  async start(kind, options) {
    performance.setResourceTimingBufferSize(TIMING_ENTRIES);
    const video = document.querySelector('video');
    const fatal = [];
    const meter = watch(video);
    const startedAtMs = nowMs();
    const refresh = (await starters[kind](video, fatal, options)) ?? (() => {});
    window.bench.report = () => {
      refresh();
      const endSeconds = bufferedEndSeconds(video);
      return {
        atMs: nowMs(),
        startedAtMs,
        firstFrameAtMs: meter.firstFrameAtMs,
        positionSeconds: video.currentTime,
        bufferedEndSeconds: endSeconds,
        bufferedMs: bufferedMs(video),
        mediaOrigin: mediaOrigin(),
        stalls: stallsOf(meter, video),
        fatal: [...fatal],
        // Nothing is left to load.
        isWhole: video.ended || endSeconds > video.duration - 1,
      };
    };
  },
};
