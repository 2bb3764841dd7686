"""The tables, one file each. Importing this package registers them all."""

from ls.models.annotation import Annotation as Annotation
from ls.models.api_token import ApiToken as ApiToken
from ls.models.attempt import Attempt as Attempt
from ls.models.avatar import Avatar as Avatar
from ls.models.contribution import Contribution as Contribution
from ls.models.event import Event as Event
from ls.models.invitation import Invitation as Invitation
from ls.models.linked import LinkedMember as LinkedMember
from ls.models.linked import LinkedProject as LinkedProject
from ls.models.linked import LinkedRole as LinkedRole
from ls.models.login_session import LoginSession as LoginSession
from ls.models.one_time_code import OneTimeCode as OneTimeCode
from ls.models.organization import Organization as Organization
from ls.models.outgoing_mail import OutgoingMail as OutgoingMail
from ls.models.personal_token import PersonalToken as PersonalToken
from ls.models.project import Project as Project
from ls.models.task import Task as Task
from ls.models.user import User as User
