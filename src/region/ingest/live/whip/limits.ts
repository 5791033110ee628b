// Limits of WHIP, each with its reason (laws 8 and 9).

/** An offer: browsers send 8 kB. */
export const OFFER_BYTES_MAX = 64 << 10;
/** Connections of one node: each is a thread with some 55 MB, and its cipher runs on our processor. */
export const SESSIONS_MAX = 16;
/** Of one address: a studio behind one address has some cameras. */
export const SESSIONS_PER_ADDRESS_MAX = 4;
/** From the offer to the answer: a thread starts and makes its keys, in half a second where nothing else runs. */
export const ANSWER_MS_MAX = 8_000;
/** From the answer to the first packet: checks and handshake are four round trips. */
export const CONNECT_MS_MAX = 10_000;
/** A browser sends sound 50 times a second, and reports when there is neither sound nor picture: it is gone. */
export const IDLE_MS_MAX = 5_000;
/** A contribution of 1080p60 from a browser; RTP costs more of our processor than RTMP. */
export const BITRATE_BPS_MAX = 20_000_000;
/** Where the sender's estimate of the way begins: enough for a picture of 720 lines. */
export const START_BITRATE_BPS = 2_500_000;
/** Browsers send a key frame every 100 s or on demand; channels begin at one, and find one as in other contributions. */
export const KEY_FRAME_EVERY_MS = 2_000;
/** Between two wishes for a key frame: a round trip around the world and the frame itself. */
export const KEY_FRAME_PAUSE_MS = 500;
/** How often gaps are looked at: some times within the shortest time that one is waited out. */
export const TICK_MS = 20;
/** What sound is encoded at: transparent for stereo. */
export const AUDIO_BITRATE_BPS = 160_000;
/** Sound that waits for its encoder: 20 s of it. An encoder that far behind is stuck. */
export const AUDIO_WAITING_BYTES_MAX = 512 << 10;
/** Encoders of sound that end without a frame, one after another: the next one would too. */
export const FRUITLESS_ENCODERS_MAX = 3;
/** As channels: before video jobs, behind edges. */
export const AUDIO_NICENESS = 3;
