import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

interface Package {
  optionalDependencies?: Record<string, string>
  resolved?: string
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Package> }

describe('the lock file', () => {
  it('holds every platform’s part of every package, so that it installs on any machine', () => {
    const names = new Set(Object.keys(lock.packages).map((path) => path.split('node_modules/').pop()))
    const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => !names.has(name))
        .map((name) => `${path} → ${name}`),
    )
    expect(missing).toEqual([])
  })

  it('names no registry', () => {
    expect(Object.values(lock.packages).filter((one) => one.resolved)).toEqual([])
  })
})
