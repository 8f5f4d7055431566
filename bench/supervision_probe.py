"""What a page with a session is watched by, in the page itself, by the machine's clock."""

PROBE = """
(() => {
  // Sines are made once: the page that is measured has one thread for this and for its sound.
  const waves = new Map()
  const amplitude = (samples, hertz, rate) => {
    const key = `${hertz} ${rate} ${samples.length}`
    if (!waves.has(key)) {
      const angles = Float32Array.from(samples, (_, i) => (2 * Math.PI * hertz * i) / rate)
      waves.set(key, [angles.map(Math.cos), angles.map(Math.sin)])
    }
    const [cosines, sines] = waves.get(key)
    let [re, im] = [0, 0]
    for (let i = 0; i < samples.length; i++) {
      re += samples[i] * cosines[i]
      im += samples[i] * sines[i]
    }
    return (2 * Math.hypot(re, im)) / samples.length
  }
  const level = (node, hertz, count) => {
    const samples = new Float32Array(node.fftSize)
    node.getFloatTimeDomainData(samples)
    return amplitude(samples.subarray(-count), hertz, node.context.sampleRate)
  }
  let ear, clicked, tone
  const late = () => (ear.context.outputLatency || ear.context.baseLatency || 0) * 1000
  const now = () => performance.timeOrigin + performance.now()
  const connect = AudioNode.prototype.connect
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to instanceof AudioDestinationNode) {
      ear = new AnalyserNode(this.context, { fftSize: 1024 })
      connect.call(this, ear)
      tone = undefined
    }
    return connect.call(this, to, ...rest)
  }
  const ask = navigator.mediaDevices.getUserMedia
  navigator.mediaDevices.getUserMedia = async function (wanted) {
    const stream = await ask.call(this, wanted)
    const [track] = stream.getAudioTracks()
    void listen(new MediaStreamTrackProcessor({ track: track.clone() }).readable.getReader())
    return stream
  }
  const listen = async (reader) => {
    let spoke = true
    let clocks = Infinity // from the track's clock to the machine's: what came soonest came at once
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      const at = value.timestamp / 1000
      clocks = Math.min(clocks, now() - at)
      const samples = new Float32Array(value.numberOfFrames)
      value.copyTo(samples, { planeIndex: 0, format: 'f32-planar' })
      const speaks = amplitude(samples, BURSTS, value.sampleRate) > 0.03
      value.close()
      if (speaks && !spoke) pageTells('spoke', at + clocks)
      spoke = speaks
    }
  }
  addEventListener('click', (event) => (clicked = performance.timeOrigin + event.timeStamp), true)
  setInterval(() => {
    if (ear?.context.state === 'running') {
      const found = [ONE, OTHER].find((hertz) => level(ear, hertz, 530) > 0.1)
      if (found && found !== tone) {
        tone = found
        if (clicked) pageTells('first', now() + late() - clicked)
        else pageTells('tone', now() + late())
        clicked = undefined
      }
    }
  }, 4)
})()
"""
"""Each change of what goes to the loudspeaker, looked for every 4 ms in the last 12 ms; and each beginning of a tone in
what the microphone's track brings, in the 10 ms that come from it, before anything of the page's has them."""
