"""Organizations and users, with Label Studio's names."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Organization(models.Model):
    """Whose members work here."""

    title = models.CharField(max_length=100)

    @classmethod
    def create_organization(cls, created_by, title):
        organization = cls.objects.create(title=title)
        organization.users.add(created_by)
        return organization

    def add_user(self, user):
        self.users.add(user)


class User(AbstractBaseUser):
    """An account, which is named by its email."""

    username = models.CharField(max_length=256)
    email = models.EmailField(unique=True)
    first_name = models.CharField(max_length=256)
    is_active = models.BooleanField(default=True)
    organizations = models.ManyToManyField(Organization, related_name="users")
    active_organization = models.ForeignKey(Organization, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = BaseUserManager()
    USERNAME_FIELD = "email"
