import { expect, test } from 'vitest'
import { presenceBy, presenceOf, type EmployeePresence } from '../src/live/presence'

const one = (id: number, name: string, department: string | null, seconds: number): EmployeePresence => ({
  employee_id: id,
  employee_name: name,
  department_id: department === null ? null : department.length,
  department_name: department,
  present_s: seconds,
  absent_s: 2 * seconds,
  talking_s: seconds / 2,
  online_s: seconds / 2,
  dnd_s: 0,
  unknown_s: 1,
})

const TEAM = [one(1, 'Zoe', 'Sales', 100), one(2, 'Anna', null, 10), one(3, 'Boris', 'Sales', 20)]

test('everybody stands first, then each by name', () => {
  const lines = presenceBy(TEAM, 'employee')
  expect(lines.map(({ name, present_s }) => [name, present_s])).toEqual([
    [undefined, 130],
    ['Anna', 10],
    ['Boris', 20],
    ['Zoe', 100],
  ])
  expect(lines[0]).toMatchObject({ absent_s: 260, talking_s: 65, unknown_s: 3 })
})

test('departments are the sums of their people, and those without one come last', () => {
  const lines = presenceBy(TEAM, 'department')
  expect(lines.map(({ id, name, present_s }) => [id, name, present_s])).toEqual([
    [undefined, undefined, 130],
    [5, 'Sales', 120],
    [null, undefined, 10],
  ])
})

test('a filter names people, or departments with all below them', () => {
  const names = (employees: number[], departments: number[], tree: { id: number; parent_id: number | null }[] = []) =>
    presenceOf(TEAM, { employees, departments }, tree).map((found) => found.employee_name)
  expect(names([], [])).toEqual(['Zoe', 'Anna', 'Boris'])
  expect(names([2], [])).toEqual(['Anna'])
  expect(names([], [9])).toEqual([])
  expect(
    names(
      [],
      [9],
      [
        { id: 5, parent_id: 8 },
        { id: 8, parent_id: 9 },
      ],
    ),
  ).toEqual(['Zoe', 'Boris'])
})

test('one alone is not told twice', () => {
  expect(presenceBy(TEAM.slice(0, 1), 'employee').map((line) => line.name)).toEqual(['Zoe'])
})
