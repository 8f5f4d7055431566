"""What a page with a session is watched by, in the page itself, by the machine's clock."""

PROBE = """
(() => {
  const amplitude = (samples, hertz, rate) => {
    let [re, im] = [0, 0]
    samples.forEach((sample, i) => {
      const angle = (2 * Math.PI * hertz * i) / rate
      re += sample * Math.cos(angle)
      im += sample * Math.sin(angle)
    })
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
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      const samples = new Float32Array(value.numberOfFrames)
      value.copyTo(samples, { planeIndex: 0, format: 'f32-planar' })
      const speaks = amplitude(samples, BURSTS, value.sampleRate) > 0.03
      value.close()
      if (speaks && !spoke) pageTells('spoke', now())
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
