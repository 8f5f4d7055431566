"""FreePBX's own tables as its modules create them (core 16, queues, userman, contactmanager, timeconditions 16-17),
and a small company in them, column by column after each module's ``module.xml``."""

import json

import pymysql

from support.mariadb import MariaDb

TABLES: dict[str, str] = {
    "users": """`extension` varchar(20) NOT NULL DEFAULT '', `password` varchar(20), `name` varchar(50),
        `voicemail` varchar(50), `ringtimer` int, `noanswer` varchar(100), `recording` varchar(50),
        `outboundcid` varchar(50), `sipname` varchar(50), `noanswer_cid` varchar(20) NOT NULL DEFAULT '',
        `busy_cid` varchar(20) NOT NULL DEFAULT '', `chanunavail_cid` varchar(20) NOT NULL DEFAULT '',
        `noanswer_dest` varchar(255) NOT NULL DEFAULT '', `busy_dest` varchar(255) NOT NULL DEFAULT '',
        `chanunavail_dest` varchar(255) NOT NULL DEFAULT '', `mohclass` varchar(80) DEFAULT 'default',
        KEY `extension` (`extension`)""",
    "devices": """`id` varchar(20) NOT NULL DEFAULT '', `tech` varchar(10) NOT NULL DEFAULT '',
        `dial` varchar(255) NOT NULL DEFAULT '', `devicetype` varchar(5) NOT NULL DEFAULT '', `user` varchar(50),
        `description` varchar(50), `emergency_cid` varchar(100), `hint_override` varchar(100),
        KEY `id` (`id`), KEY `tech` (`tech`)""",
    "queues_config": """`extension` varchar(20) NOT NULL DEFAULT '' PRIMARY KEY,
        `descr` varchar(35) NOT NULL DEFAULT '',
        `grppre` varchar(100) NOT NULL DEFAULT '', `alertinfo` varchar(254) NOT NULL DEFAULT '',
        `ringing` tinyint(1) NOT NULL DEFAULT 0, `maxwait` varchar(8) NOT NULL DEFAULT '',
        `password` varchar(20) NOT NULL DEFAULT '', `ivr_id` varchar(8) NOT NULL DEFAULT '0',
        `dest` varchar(50) NOT NULL DEFAULT '', `cwignore` tinyint(1) NOT NULL DEFAULT 0, `queuewait` tinyint(1),
        `qregex` varchar(255), `callback_id` varchar(8) NOT NULL DEFAULT ''""",
    "queues_details": """`id` varchar(45) NOT NULL DEFAULT '-1', `keyword` varchar(30) NOT NULL DEFAULT '',
        `data` varchar(150) NOT NULL DEFAULT '', `flags` int NOT NULL DEFAULT 0, PRIMARY KEY (`id`,`keyword`,`data`)""",
    "incoming": """`cidnum` varchar(50), `extension` varchar(50) NOT NULL, `destination` varchar(50),
        `privacyman` tinyint(1), `alertinfo` varchar(255), `ringing` varchar(20), `fanswer` varchar(20),
        `mohclass` varchar(80) NOT NULL DEFAULT 'default', `description` varchar(80), `grppre` varchar(80),
        `delay_answer` int, `pricid` varchar(20), `pmmaxretries` varchar(2), `pmminlength` varchar(2),
        `reversal` varchar(10), `rvolume` varchar(2) DEFAULT '', `indication_zone` varchar(20) DEFAULT 'default'""",
    "trunks": """`trunkid` int NOT NULL DEFAULT 0, `name` varchar(50) NOT NULL DEFAULT '', `tech` varchar(20) NOT NULL,
        `outcid` varchar(255) NOT NULL DEFAULT '', `keepcid` varchar(4) DEFAULT 'off', `maxchans` varchar(6) DEFAULT '',
        `failscript` varchar(255) NOT NULL DEFAULT '', `dialoutprefix` varchar(255) NOT NULL DEFAULT '',
        `channelid` varchar(190) NOT NULL DEFAULT '', `usercontext` varchar(255), `provider` varchar(40),
        `disabled` varchar(4) DEFAULT 'off', `continue` varchar(4) DEFAULT 'off',
        `routedisplay` varchar(4) DEFAULT 'on',
        PRIMARY KEY (`trunkid`,`tech`,`channelid`)""",
    "outbound_routes": """`route_id` int NOT NULL AUTO_INCREMENT PRIMARY KEY, `name` varchar(40), `outcid` varchar(255),
        `outcid_mode` varchar(20), `password` varchar(30), `emergency_route` varchar(4),
        `intracompany_route` varchar(4),
        `mohclass` varchar(80), `time_group_id` int, `dest` varchar(255), `time_mode` varchar(20) DEFAULT ''""",
    "outbound_route_trunks": """`route_id` int NOT NULL, `trunk_id` int NOT NULL, `seq` int NOT NULL,
        PRIMARY KEY (`route_id`,`trunk_id`,`seq`)""",
    "outbound_route_sequence": "`route_id` int NOT NULL, `seq` int NOT NULL, PRIMARY KEY (`route_id`,`seq`)",
    "outbound_route_patterns": """`route_id` int NOT NULL, `match_pattern_prefix` varchar(60) NOT NULL DEFAULT '',
        `match_pattern_pass` varchar(60) NOT NULL DEFAULT '', `match_cid` varchar(60) NOT NULL DEFAULT '',
        `prepend_digits` varchar(100) NOT NULL DEFAULT '',
        PRIMARY KEY (`route_id`,`match_pattern_prefix`,`match_pattern_pass`,`match_cid`,`prepend_digits`)""",
    "userman_users": """`id` int NOT NULL AUTO_INCREMENT PRIMARY KEY, `auth` varchar(150) DEFAULT 'freepbx',
        `authid` varchar(750), `username` varchar(150), `description` varchar(255), `password` varchar(255),
        `default_extension` varchar(45) NOT NULL DEFAULT 'none', `primary_group` int, `permissions` blob,
        `fname` varchar(100), `lname` varchar(100), `displayname` varchar(200), `title` varchar(100),
        `company` varchar(100), `department` varchar(100), `language` varchar(100), `timezone` varchar(100),
        `email` text, `cell` varchar(100), `work` varchar(100), `home` varchar(100), `fax` varchar(100)""",
    "userman_groups": """`id` int NOT NULL AUTO_INCREMENT PRIMARY KEY, `auth` varchar(150) DEFAULT 'freepbx',
        `authid` varchar(750), `groupname` varchar(150), `description` varchar(255), `priority` int NOT NULL DEFAULT 5,
        `users` blob, `permissions` blob, `local` int NOT NULL DEFAULT 0""",
    "contactmanager_groups": """`id` int NOT NULL AUTO_INCREMENT PRIMARY KEY, `owner` int NOT NULL,
        `name` varchar(80) NOT NULL, `type` varchar(25) NOT NULL""",
    "contactmanager_group_entries": """`id` int NOT NULL AUTO_INCREMENT PRIMARY KEY, `groupid` int NOT NULL,
        `user` int NOT NULL, `displayname` varchar(100) NOT NULL DEFAULT '',
        `fname` varchar(100) NOT NULL DEFAULT ''""",
    "timeconditions": """`timeconditions_id` int NOT NULL AUTO_INCREMENT PRIMARY KEY, `displayname` varchar(50),
        `time` int, `truegoto` varchar(50), `falsegoto` varchar(50), `deptname` varchar(50),
        `generate_hint` tinyint(1) DEFAULT 0, `invert_hint` tinyint(1) DEFAULT 0, `fcc_password` varchar(20) DEFAULT '',
        `priority` varchar(50), `timezone` varchar(255), `mode` varchar(20) DEFAULT 'time-group',
        `calendar_id` varchar(150), `calendar_group_id` varchar(150)""",
    "timegroups_groups": """`id` int NOT NULL AUTO_INCREMENT PRIMARY KEY, `description` varchar(50) NOT NULL DEFAULT '',
        UNIQUE KEY `display` (`description`)""",
    "timegroups_details": """`id` int NOT NULL AUTO_INCREMENT PRIMARY KEY, `timegroupid` int NOT NULL DEFAULT 0,
        `time` varchar(100) NOT NULL DEFAULT ''""",
}

COMPANY = (
    # In device and user mode Hanna has two devices, neither of which is called as her extension is.
    "INSERT INTO users (extension, name, outboundcid) VALUES ('101', 'Anna Kovalenko', ''), ('102',"
    " 'Borys Melnyk', ''),"
    " ('103', '103', '\"Taras\" <+380442000103>'), ('110', 'Hanna Łoś', '')",
    "INSERT INTO devices (id, tech, dial, devicetype, user, description) VALUES"
    " ('101', 'pjsip', 'PJSIP/101', 'fixed', '101', 'Reception desk'), ('102', 'pjsip', 'PJSIP/102', 'fixed',"
    " '102', ''),"
    " ('103', 'pjsip', 'PJSIP/103', 'fixed', '103', ''), ('9101', 'pjsip', 'PJSIP/9101', 'adhoc', '110', 'Desk'),"
    " ('9102', 'pjsip', 'PJSIP/9102', 'adhoc', '110', 'Softphone'), ('9999', 'pjsip', 'PJSIP/9999', 'adhoc',"
    " 'none', '')",
    "INSERT INTO queues_config (extension, descr, password) VALUES ('800', 'Sales line', 'qsecret'), ('801',"
    " 'Support', '')",
    "INSERT INTO queues_details (id, keyword, data, flags) VALUES ('800', 'member', 'Local/101@from-queue/n,0', 0)",
    "INSERT INTO incoming (cidnum, extension, destination, description) VALUES"
    " ('', '0442000100', 'ext-queues,800,1', 'Daytime'), ('', '0800500500', 'ext-queues,801,1', 'Hotline'),"
    " ('', '', 'app-blackhole,hangup,1', 'Everything else'), ('0501112233', '0442000100', 'ext-local,101,1',"
    " 'The boss')",
    "INSERT INTO trunks (trunkid, name, tech, outcid, channelid, disabled) VALUES"
    " (1, 'Kyivstar', 'pjsip', '\"Cafe\" <0672000200>', 'kyivstar', 'off'), (2, 'Old line', 'sip', '', 'old-in', 'on')",
    "INSERT INTO outbound_routes (route_id, name, outcid) VALUES (1, 'Cities', ''), (2, 'Abroad', '')",
    "INSERT INTO outbound_route_trunks (route_id, trunk_id, seq) VALUES (1, 2, 1), (1, 1, 0), (2, 1, 0)",
    "INSERT INTO outbound_route_sequence (route_id, seq) VALUES (1, 1), (2, 0)",
    "INSERT INTO outbound_route_patterns (route_id, match_pattern_prefix, match_pattern_pass, match_cid,"
    " prepend_digits) VALUES (1, '', '0ZXXXXXXXX', '', ''), (1, '9', 'X.', '101', '0'), (2, '', '00X.', '', '')",
    "INSERT INTO userman_users (id, username, password, default_extension, displayname, department, cell) VALUES"
    " (1, '101', '$2a$secret', '101', '', 'Sales', '+38 (050) 555-44-33'), (2, '102', '', '102', '', '', ''),"
    " (3, '103', '', '103', 'Taras Shevchuk', '', ''), (4, '110', '', '110', '', '', '')",
    "INSERT INTO userman_groups (groupname, users) VALUES ('All Users', '{all}'), ('Support', '{support}')",
    "INSERT INTO contactmanager_groups (id, owner, name, type) VALUES (1, -1, 'User Manager Group', 'internal'),"
    " (2, -1, 'Warehouse', 'internal'), (3, -1, 'Suppliers', 'external')",
    "INSERT INTO contactmanager_group_entries (groupid, user) VALUES (1,1),(1,2),(1,3),(1,4),(2,4),(3,2)",
    "INSERT INTO timegroups_groups (id, description) VALUES (1, 'Office hours'), (2, 'Holidays'), (3, 'Unused')",
    "INSERT INTO timegroups_details (timegroupid, time) VALUES (1, '09:00-17:59|mon-fri|*|*'), (1,"
    " '10:00-15:00|sat|*|*'),"
    " (2, '*|*|1|jan'), (3, '*|sun|*|*')",
    "INSERT INTO timeconditions (displayname, time, truegoto, falsegoto) VALUES"
    " ('Open?', 1, 'ext-queues,800,1', 'app-blackhole,hangup,1'), ('New Year', 2, 'ext-local,101,1',"
    " 'ext-queues,800,1')",
)


def make_freepbx(server: MariaDb, *, without: frozenset[str] = frozenset(), filled: bool = True) -> str:
    """A database of a FreePBX with a small company, without the tables of modules that are not installed; its name."""
    name = server.make()
    with server.connect(name) as connection, connection.cursor() as cursor:
        for table, columns in TABLES.items():
            if table not in without:
                cursor.execute(f"CREATE TABLE `{table}` ({columns}) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4")
        if filled:
            for statement in COMPANY:
                if not any(f"INTO {table} " in statement for table in without):
                    cursor.execute(statement.format(all=json.dumps(["1", "2", "3", "4"]), support='{"0":2,"2":3}'))
    return name


def execute(server: MariaDb, database: str, statement: str) -> None:
    """What an administrator of the PBX does, by FreePBX's pages."""
    connection: pymysql.Connection[pymysql.cursors.Cursor] = server.connect(database)
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
